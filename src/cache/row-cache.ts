import type { PartVersionPoll } from '../clickhouse/part-version-poll.ts';
import type { ByteLru } from './byte-lru.ts';

/** Below the 2 s within which every instance shows what another has changed. */
const TTL_MS = 1_800;

export interface RowCacheOptions<Row> {
  readonly cache: ByteLru<CachedRow<Row>>;
  /** Bytes that a row takes at most, its key among them. Its texts are not pieces of longer ones. */
  readonly sizeOf: (row: Row) => number;
  /** Of others' changes; undefined: nobody else changes the table, so a row is fresh until it is changed here. */
  readonly poll: PartVersionPoll | undefined;
  /** Milliseconds, never going back. */
  readonly clock?: () => number;
}

export interface CachedRow<Row> {
  readonly row: Row;
  /** Of the table, from before the row was read. */
  readonly partVersion: string | undefined;
  /** When the row was certainly so, by the clock. */
  freshAt: number;
}

/** Rows of a small table that this process has read or written, by key. A row is returned while it is certainly fresh. */
export class RowCache<Row> {
  readonly #rows: ByteLru<CachedRow<Row>>;
  readonly #sizeOf: (row: Row) => number;
  readonly #poll: PartVersionPoll | undefined;
  readonly #clock: () => number;
  /** Counts writes that were begun and that ended. */
  #writes = 0;

  constructor({ cache, sizeOf, poll, clock = () => performance.now() }: RowCacheOptions<Row>) {
    this.#rows = cache;
    this.#sizeOf = sizeOf;
    this.#poll = poll;
    this.#clock = clock;
  }

  /** A row that was read, or found unchanged, within the TTL. ClickHouse is not asked. */
  get(key: string): Row | undefined {
    const cached = this.#rows.get(key);
    return cached !== undefined && this.#isWithinTtl(cached) ? cached.row : undefined;
  }

  /**
   * The same, and a row past its TTL if the table has not been changed since, which a poll tells.
   * @param accepts a cached row that it does not take is like none
   */
  async find(key: string, accepts: (row: Row) => boolean = () => true): Promise<Row | undefined> {
    const cached = this.#rows.get(key);
    if (cached === undefined || !accepts(cached.row)) return undefined;
    if (this.#poll === undefined || this.#isWithinTtl(cached)) return cached.row;
    const { at, version } = await this.#poll.recent();
    if (version === undefined || version !== cached.partVersion || this.#rows.get(key) !== cached)
      return undefined;
    cached.freshAt = at;
    return cached.row;
  }

  /**
   * To be called before rows are read. The function that it returns stores them afterwards, unless something was written
   * meanwhile: what was read before a write must not be found after it.
   */
  beginRead(): (key: string, row: Row) => void {
    const writes = this.#writes;
    const now = this.#now();
    return (key, row) => {
      if (writes === this.#writes) this.#store(key, { row, ...now });
    };
  }

  /**
   * Writes rows and stores them. If that fails they are dropped, since they may be written all the same.
   * @param rows by key; undefined: nothing is cached of it afterwards
   */
  async write(rows: Iterable<readonly [string, Row | undefined]>, work: () => Promise<void>): Promise<void> {
    const all = [...rows];
    const now = this.#now();
    this.#writes++;
    try {
      await work();
    } finally {
      this.#writes++;
      for (const [key] of all) this.#rows.delete(key);
    }
    for (const [key, row] of all) if (row !== undefined) this.#store(key, { row, ...now });
  }

  /** Drops everything, rows that are being read included. */
  clear(): void {
    this.#writes++;
    this.#rows.clear();
  }

  #store(key: string, cached: CachedRow<Row>): void {
    this.#rows.set(key, cached, this.#sizeOf(cached.row));
  }

  #now(): Pick<CachedRow<Row>, 'freshAt' | 'partVersion'> {
    return { freshAt: this.#clock(), partVersion: this.#poll?.latest?.version };
  }

  #isWithinTtl({ freshAt }: CachedRow<Row>): boolean {
    return this.#poll === undefined || this.#clock() - freshAt <= TTL_MS;
  }
}
