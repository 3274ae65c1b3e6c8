import { rowBytes } from './heap-bytes.ts';
import { type IngestContext, type IngestOptions, maxInsertBytes } from './ingest-options.ts';
import type { OwnerlessRow } from './insert-rows.ts';
import { chunkOf } from './writer.ts';

/** Rows that are inserted together. */
export class Chunk {
  readonly #context: IngestContext;
  readonly #options: IngestOptions;
  readonly #isCounted: boolean;
  #rows: OwnerlessRow[] = [];
  #bytes = 0;

  /** @param isCounted whether its rows take room that is not taken yet */
  constructor(context: IngestContext, options: IngestOptions, isCounted: boolean) {
    this.#context = context;
    this.#options = options;
    this.#isCounted = isCounted;
  }

  /** Whether the row goes into the same insert. An insert with a name is cut by the places of its rows alone. */
  takes({ index }: OwnerlessRow): boolean {
    const last = this.#rows.at(-1);
    if (last === undefined) return true;
    if (chunkOf(last.index) !== chunkOf(index)) return false;
    return this.#options.once !== undefined || this.#bytes < maxInsertBytes(this.#options.room);
  }

  add(row: OwnerlessRow): void {
    const bytes = rowBytes(row);
    if (this.#isCounted) this.#options.room.take(bytes);
    this.#bytes += bytes;
    this.#rows.push(row);
  }

  async write(): Promise<void> {
    const { selection, once } = this.#options;
    if (this.#rows.length > 0) {
      if (selection === undefined) await this.#context.writer.write(this.#rows, once);
      else await selection.store(this.#rows);
    }
    if (this.#isCounted) this.#options.room.give(this.#bytes);
    this.#rows = [];
    this.#bytes = 0;
  }
}
