import { parquetMetadata } from 'hyparquet';

/** The longest footer that is looked into, of hundreds of row groups: all of it is decoded at once. */
const TAIL_BYTES = 262_144;

/** Finds out how many rows a Parquet file has, as its bytes pass. */
export class ParquetRows {
  /** The last bytes so far: copies, since whoever takes a piece may use its memory again. */
  readonly #tail: Buffer[] = [];
  #tailBytes = 0;

  async *of(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of bytes) {
      this.#keep(Buffer.from(piece.subarray(-TAIL_BYTES)));
      yield piece;
    }
  }

  #keep(piece: Buffer): void {
    this.#tail.push(piece);
    this.#tailBytes += piece.length;
    while (this.#tailBytes - (this.#tail[0]?.length ?? 0) >= TAIL_BYTES)
      this.#tailBytes -= this.#tail.shift()?.length ?? 0;
  }

  /** Once all bytes have passed; undefined for what is no Parquet file, or has too long a footer. */
  get count(): number | undefined {
    const { buffer } = new Uint8Array(Buffer.concat(this.#tail));
    try {
      return Number(parquetMetadata(buffer, { geoparquet: false }).num_rows);
    } catch {
      return undefined;
    }
  }
}
