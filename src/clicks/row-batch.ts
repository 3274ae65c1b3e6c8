import { rowBytes } from './heap-bytes.ts';
import type { ClickBlock, OwnerlessRow } from './insert-rows.ts';
import { type IngestContext, type IngestOptions, maxInsertBytes } from './ingest-options.ts';
import { SMALL_ROWS, chunkOf, clickBlock } from './writer.ts';

/**
 * Rows that are inserted together. Only few are kept as objects: those can share an insert with other requests. Of more, and
 * where nobody needs the rows once more, the bytes are.
 */
export class RowBatch {
  readonly #context: IngestContext;
  readonly #options: IngestOptions;
  #rows: OwnerlessRow[] | undefined = [];
  #block: ClickBlock | undefined;
  #chunk: number | undefined;
  #bytes = 0;

  constructor(context: IngestContext, options: IngestOptions) {
    this.#context = context;
    this.#options = options;
  }

  get length(): number {
    return this.#rows?.length ?? this.#block?.length ?? 0;
  }

  /** The rows, as long as they are few. */
  get rows(): readonly OwnerlessRow[] | undefined {
    return this.#rows;
  }

  /** Has as many bytes as are to be in memory at once. */
  get isFull(): boolean {
    return this.#bytes >= maxInsertBytes(this.#options.room);
  }

  /**
   * Whether the row goes into the same insert. An insert with a name is cut by the places of its rows alone; a selection names its
   * inserts by itself.
   */
  takes({ index }: OwnerlessRow): boolean {
    const { selection, once } = this.#options;
    if (this.#chunk === undefined) return true;
    if (selection === undefined && this.#chunk !== chunkOf(index)) return false;
    return once !== undefined || !this.isFull;
  }

  /** @throws AppError `unavailable` where there is no room for it */
  add(row: OwnerlessRow): void {
    const bytes = rowBytes(row);
    this.#options.room.take(bytes);
    this.#bytes += bytes;
    this.#chunk ??= chunkOf(row.index);
    if (this.#rows === undefined) {
      this.#block?.add(row);
      return;
    }
    this.#rows.push(row);
    if (this.#rows.length <= SMALL_ROWS || this.#needsRows) return;
    this.#block = clickBlock(this.#options.once, this.#rows[0] ?? row);
    for (const each of this.#rows) this.#block.add(each);
    this.#rows = undefined;
  }

  /** A retry inserts only some of the rows, and so does a selection. */
  get #needsRows(): boolean {
    const { selection, once } = this.#options;
    return selection !== undefined || once?.isRetry === true;
  }

  /** Stores the rows. It is empty afterwards. */
  async write(): Promise<void> {
    const { selection, once } = this.#options;
    const { writer } = this.#context;
    if (this.#block !== undefined) await writer.writeBlock(this.#block);
    else if (this.#rows !== undefined && this.#rows.length > 0) {
      if (selection === undefined) await writer.write(this.#rows, once);
      else await selection.store(this.#rows);
    }
    this.drop();
  }

  /** Forgets the rows. */
  drop(): void {
    this.#options.room.give(this.#bytes);
    this.#rows = [];
    this.#block = undefined;
    this.#chunk = undefined;
    this.#bytes = 0;
  }
}
