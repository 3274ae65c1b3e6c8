/** Each column of a single click has a writer. */
const START_BYTES = 256;
/** Bytes of a piece. Larger buffers would come from the system each time, and be copied as they grow. */
const PIECE_BYTES = 65_536;
/** Length in front of a text: 7 bits a byte. */
const LENGTH_BYTES = 5;
const UTF8_BYTES = 3;

/** Gathers bytes of ClickHouse's binary formats: little-endian numbers, texts with their length in front. */
export class ByteWriter {
  #pieces: Buffer[] = [];
  #bytes: Buffer = Buffer.allocUnsafeSlow(START_BYTES);
  #view = viewOf(this.#bytes);
  #length = 0;

  /** Passes on what was gathered, and begins again. */
  take(): readonly Buffer[] {
    const taken = this.#pieces;
    if (this.#length > 0) taken.push(this.#bytes.subarray(0, this.#length));
    this.#pieces = [];
    this.#begin(START_BYTES);
    return taken;
  }

  /** Adds bytes as they are, without copying them: nothing may change them. */
  pieces(pieces: readonly Buffer[]): void {
    if (this.#length > 0) this.#pieces.push(this.#bytes.subarray(0, this.#length));
    this.#pieces.push(...pieces);
    this.#begin(START_BYTES);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#view.setUint8(this.#length++, value);
  }

  zeros(count: number): void {
    this.#reserve(count);
    this.#bytes.fill(0, this.#length, this.#length + count);
    this.#length += count;
  }

  /** An unsigned number of variable length. */
  varUint(value: number): void {
    this.#reserve(8);
    this.#length = putVarUint(this.#bytes, this.#length, value);
  }

  /** An unsigned number in one, two or four bytes. */
  unsigned(value: number, bytes: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += bytes;
  }

  unsigned64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#length, value, true);
    this.#length += 8;
  }

  /** A whole number, which a double holds exactly, as 64 bits. */
  integer64(value: number): void {
    this.#reserve(8);
    this.#view.setUint32(this.#length, value, true);
    this.#view.setInt32(this.#length + 4, Math.floor(value / 2 ** 32), true);
    this.#length += 8;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  text(value: string): void {
    this.#reserve(LENGTH_BYTES + value.length * UTF8_BYTES);
    this.#length = putAscii(this.#bytes, this.#length, value) ?? this.#putUtf8(value);
  }

  #putUtf8(value: string): number {
    const start = putVarUint(this.#bytes, this.#length, Buffer.byteLength(value));
    return start + this.#bytes.write(value, start);
  }

  #reserve(room: number): void {
    const needed = this.#length + room;
    if (needed <= this.#bytes.length) return;
    const { length } = this.#bytes;
    if (length >= PIECE_BYTES) {
      this.#pieces.push(this.#bytes.subarray(0, this.#length));
      this.#begin(Math.max(room, PIECE_BYTES));
      return;
    }
    const smaller = this.#bytes;
    const filled = this.#length;
    this.#begin(Math.max(needed, Math.min(PIECE_BYTES, 4 * length)));
    smaller.copy(this.#bytes, 0, 0, filled);
    this.#length = filled;
  }

  #begin(bytes: number): void {
    this.#bytes = Buffer.allocUnsafeSlow(bytes);
    this.#view = viewOf(this.#bytes);
    this.#length = 0;
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @returns the position after the number */
function putVarUint(bytes: Buffer, at: number, value: number): number {
  let place = at;
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes[place++] = (rest & 0x7f) | 0x80;
  bytes[place++] = rest;
  return place;
}

/**
 * Most texts are short and ASCII: a loop takes less time for them than a call out of JavaScript.
 * @returns the position after the text; undefined when it is not ASCII
 */
function putAscii(bytes: Buffer, at: number, text: string): number | undefined {
  const start = putVarUint(bytes, at, text.length);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return undefined;
    bytes[start + index] = code;
  }
  return start + text.length;
}
