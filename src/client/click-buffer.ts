const FIRST_BYTES = 16_384;

/** Bytes of a character of a JavaScript text in UTF-8, at most. */
const CHARACTER_BYTES = 3;

const NEWLINE = 10;

/**
 * The clicks of the batch that takes further ones, as NDJSON in UTF-8. It is used again for the next batch: neither a text for each click
 * nor larger and larger buffers are left to be collected, which took longer than writing the clicks.
 */
export class ClickBuffer {
  #bytes = new Uint8Array(FIRST_BYTES);
  /** Of the lines that are kept, and of one behind them that is not yet. */
  #length = 0;
  #written = 0;

  /** Writes a line behind those that are kept. @returns its bytes, with its end */
  write(line: string): number {
    const most = this.#length + CHARACTER_BYTES * line.length + 1;
    if (most > this.#bytes.length) this.#grow(most);
    const { written } = encoder.encodeInto(line, this.#bytes.subarray(this.#length));
    this.#bytes[this.#length + written] = NEWLINE;
    this.#written = written + 1;
    return this.#written;
  }

  /** Keeps the line that was written last. */
  keep(): void {
    this.#length += this.#written;
    this.#written = 0;
  }

  /** The lines that are kept, without the end of the last one; they are forgotten here. */
  take(): Uint8Array<ArrayBuffer> {
    const lines = this.#bytes.slice(0, Math.max(0, this.#length - 1));
    this.#bytes.copyWithin(0, this.#length, this.#length + this.#written);
    this.#length = 0;
    return lines;
  }

  #grow(bytes: number): void {
    const larger = new Uint8Array(Math.max(bytes, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

const encoder = new TextEncoder();
