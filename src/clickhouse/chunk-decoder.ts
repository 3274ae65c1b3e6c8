const CR = 13;
const LF = 10;
const SEMICOLON = 59;

/** More digits than any chunk's size has. */
const MOST_SIZE_DIGITS = 12;

/** A part of some bytes. */
export type Part = readonly [start: number, end: number];

/** Finds the data in a body of HTTP/1.1 that is sent in chunks (RFC 9112, 7.1). */
export class ChunkDecoder {
  #state: 'size' | 'extension' | 'data' | 'end of data' | 'whole' = 'size';
  #size = 0;
  #digits = 0;

  /** Whether the last chunk has come. */
  get isWhole(): boolean {
    return this.#state === 'whole';
  }

  /** Where the data is in the bytes that come next; what follows the last chunk is none. @throws Error for what is no chunk */
  decode(bytes: Buffer): readonly Part[] {
    const parts: Part[] = [];
    let at = 0;
    while (at < bytes.length && !this.isWhole) {
      if (this.#state === 'data') {
        const end = Math.min(bytes.length, at + this.#size);
        parts.push([at, end]);
        this.#size -= end - at;
        at = end;
        if (this.#size === 0) this.#state = 'end of data';
      } else this.#take(bytes[at++] ?? 0);
    }
    return parts;
  }

  /** Takes a byte that is no data. */
  #take(byte: number): void {
    if (byte === CR) return;
    if (this.#state === 'end of data') {
      if (byte !== LF) throw new Error('A chunk does not end where its size says.');
      this.#state = 'size';
      this.#size = 0;
      this.#digits = 0;
    } else if (byte === LF) {
      if (this.#digits === 0) throw new Error('A chunk has no size.');
      this.#state = this.#size === 0 ? 'whole' : 'data';
    } else if (this.#state === 'size') {
      if (byte === SEMICOLON) this.#state = 'extension';
      else this.#size = this.#size * 16 + this.#digit(byte);
    }
  }

  #digit(byte: number): number {
    const digit = Number.parseInt(String.fromCharCode(byte), 16);
    if (Number.isNaN(digit) || ++this.#digits > MOST_SIZE_DIGITS) throw new Error('A chunk has no size.');
    return digit;
  }
}
