/** Opens a delimiter; no stored text contains it. */
const DELIMITER = 0;
const LINE_BREAK = 10;

/** Bytes in sections, each after a delimiter: U+0000, a text, a line break. Sections pass through without being copied. */
export class DelimitedBytes {
  readonly #pieces: AsyncIterator<Buffer>;
  /** Read, but not passed on yet. */
  #piece: Buffer = Buffer.alloc(0);

  constructor(bytes: AsyncIterable<Buffer>) {
    this.#pieces = bytes[Symbol.asyncIterator]();
  }

  /**
   * The text of the next delimiter.
   * @throws Error if there is none, because the result is truncated or has other bytes there
   */
  async delimiter(): Promise<string> {
    while (this.#piece.length === 0 && (await this.#more())) {}
    if (this.#piece[0] !== DELIMITER) throw new Error('The result is truncated: no final delimiter.');
    for (;;) {
      const end = this.#piece.indexOf(LINE_BREAK);
      if (end !== -1) {
        const text = this.#piece.toString('utf8', 1, end);
        this.#piece = this.#piece.subarray(end + 1);
        return text;
      }
      if (!(await this.#more())) throw new Error('The result is truncated inside a delimiter.');
    }
  }

  /** The bytes up to the next delimiter. */
  async *section(): AsyncGenerator<Buffer> {
    do {
      const end = this.#piece.indexOf(DELIMITER);
      const piece = end === -1 ? this.#piece : this.#piece.subarray(0, end);
      this.#piece = end === -1 ? Buffer.alloc(0) : this.#piece.subarray(end);
      if (piece.length > 0) yield piece;
      if (end !== -1) return;
    } while (await this.#more());
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#pieces.next();
    if (done === true) return false;
    this.#piece = this.#piece.length === 0 ? value : Buffer.concat([this.#piece, value]);
    return true;
  }
}
