const LINE_FEED = 0x0a;

/** Counts the line feeds of bytes that pass. */
export class LineCount {
  count = 0;

  async *of(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of bytes) {
      for (let at = piece.indexOf(LINE_FEED); at !== -1; at = piece.indexOf(LINE_FEED, at + 1)) this.count++;
      yield piece;
    }
  }
}
