const LINE_FEED = 0x0a;

/** Counts the line feeds of bytes that pass, but for those of lines at the beginning that are left out. */
export class LineCount {
  count: number;

  /** @param leftOut such as a line of names */
  constructor(leftOut = 0) {
    this.count = -leftOut;
  }

  async *of(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of bytes) {
      for (let at = piece.indexOf(LINE_FEED); at !== -1; at = piece.indexOf(LINE_FEED, at + 1)) this.count++;
      yield piece;
    }
  }
}
