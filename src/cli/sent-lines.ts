interface Sent {
  readonly bytes: Buffer;
  /** Milliseconds of any clock that does not jump. */
  readonly at: number;
}

/** Equal lines are told apart by those of the minute before them; twice that, for lines that are late. */
const KEPT_MS = 120_000;
const KEPT_BYTES = 16 * 1_048_576;

/** Lines that the server has stored, and needs again if it has forgotten what came before. */
export class SentLines {
  #sent: Sent[] = [];
  #size = 0;

  get pieces(): readonly Buffer[] {
    return this.#sent.map(({ bytes }) => bytes);
  }

  add(bytes: Buffer, now: number): void {
    this.#sent.push({ bytes, at: now });
    this.#size += bytes.length;
    const isOld = ({ at }: Sent): boolean => at < now - KEPT_MS || this.#size > KEPT_BYTES;
    for (let first = this.#sent[0]; first !== undefined && isOld(first); first = this.#sent[0]) {
      this.#sent.shift();
      this.#size -= first.bytes.length;
    }
  }
}
