import { LINE_BREAK, type RecordBlock } from './import-records.ts';

/** Records of a file that are read but not sent yet. */
export class PendingRecords {
  /** Line number in the file, from 1, of the first record's first line. */
  firstLine = 1;
  /** How many of the last records may still change if the file grows. */
  growing = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #added: Buffer[] = [];
  #length = 0;
  #ends: number[] = [];

  get count(): number {
    return this.#ends.length;
  }

  get bytes(): number {
    return this.#length;
  }

  add({ bytes, ends, growing }: RecordBlock): void {
    for (const end of ends) this.#ends.push(this.#length + end);
    this.#added.push(bytes);
    this.#length += bytes.length;
    this.growing = growing;
  }

  /** Removes the first `count` records and returns their bytes. */
  take(count: number): Buffer {
    if (this.#added.length > 0) this.#bytes = Buffer.concat([this.#bytes, ...this.#added], this.#length);
    this.#added = [];
    const taken = this.#bytes.subarray(0, this.#ends[count - 1] ?? 0);
    for (let at = taken.indexOf(LINE_BREAK); at !== -1; at = taken.indexOf(LINE_BREAK, at + 1))
      this.firstLine++;
    // A copy, so that the removed bytes can be garbage-collected.
    this.#bytes = Buffer.from(this.#bytes.subarray(taken.length));
    this.#length -= taken.length;
    this.#ends = this.#ends.slice(count).map((end) => end - taken.length);
    return taken;
  }
}
