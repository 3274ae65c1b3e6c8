/** The longest footer that is kept, of thousands of columns in all row groups together. */
const TAIL_BYTES = 1_048_576;

/** Behind the footer: its length, and the magic bytes. */
const END_BYTES = 8;
const MAGIC = Buffer.from('PAR1');

/** Finds out how many rows a Parquet file has, as its bytes pass. */
export class ParquetRows {
  /** The last bytes so far: a copy, since whoever takes a piece may use its memory again. */
  #tail = Buffer.alloc(0);

  async *of(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of bytes) {
      const room = Math.max(0, TAIL_BYTES - piece.length);
      this.#tail = Buffer.concat([lastOf(this.#tail, room), lastOf(piece, TAIL_BYTES)]);
      yield piece;
    }
  }

  /** Once all bytes have passed; undefined for what is no Parquet file, or has too long a footer. */
  get count(): number | undefined {
    const end = this.#tail.length - END_BYTES;
    if (end < 0 || !lastOf(this.#tail, MAGIC.length).equals(MAGIC)) return undefined;
    const start = end - this.#tail.readUInt32LE(end);
    return start < 0 ? undefined : rowsIn(new CompactReader(this.#tail.subarray(start, end)));
  }
}

function lastOf(bytes: Buffer, most: number): Buffer {
  return bytes.subarray(Math.max(0, bytes.length - most));
}

/** Of Parquet's `FileMetaData`. */
const NUM_ROWS = 3;

function rowsIn(footer: CompactReader): number | undefined {
  for (let field = footer.field(0); field !== undefined; field = footer.field(field.id)) {
    if (field.id === NUM_ROWS) return footer.integer();
    footer.skip(field.type);
  }
  return undefined;
}

/** Types of values in Thrift's compact protocol. */
const TYPE = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
} as const;

const LONG_LIST = 15;

/** Reads a struct of Thrift's compact protocol, in which Parquet's footer is written. */
class CompactReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The next field of a struct; undefined at its end. @param before the id of the field before */
  field(before: number): { readonly id: number; readonly type: number } | undefined {
    const header = this.#byte();
    if (header === 0) return undefined;
    const step = header >> 4;
    return { id: step === 0 ? this.integer() : before + step, type: header & 0x0f };
  }

  integer(): number {
    const value = this.#unsigned();
    return Number(value % 2n === 0n ? value / 2n : -(value + 1n) / 2n);
  }

  /** @throws Error for a type that Parquet's footer does not have */
  skip(type: number): void {
    switch (type) {
      case TYPE.true:
      case TYPE.false:
        return;
      case TYPE.byte:
        this.#at += 1;
        return;
      case TYPE.i16:
      case TYPE.i32:
      case TYPE.i64:
        this.#unsigned();
        return;
      case TYPE.double:
        this.#at += 8;
        return;
      case TYPE.binary: {
        // It moves on by itself.
        const length = Number(this.#unsigned());
        this.#at += length;
        return;
      }
      case TYPE.list:
      case TYPE.set:
        this.#skipList();
        return;
      case TYPE.struct:
        for (let field = this.field(0); field !== undefined; field = this.field(field.id))
          this.skip(field.type);
        return;
      default:
        throw new Error(`Thrift's compact protocol has the type ${type} where none is known.`);
    }
  }

  #skipList(): void {
    const header = this.#byte();
    const type = header & 0x0f;
    const short = header >> 4;
    const length = short === LONG_LIST ? Number(this.#unsigned()) : short;
    // In a list, a boolean is a byte.
    const element = type === TYPE.true || type === TYPE.false ? TYPE.byte : type;
    for (let index = 0; index < length; index++) this.skip(element);
  }

  #unsigned(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  /** @throws RangeError behind the end */
  #byte(): number {
    return this.#bytes.readUInt8(this.#at++);
  }
}
