import type { ByteLru } from '../cache/byte-lru.ts';
import type { PartVersionPoll } from './part-version-poll.ts';

/** Well below the 5 s within which a change must be seen by every instance, where there can be several. */
const YOUNG_MS = 3_000;

export interface KnownRowsOptions<Row> {
  readonly cache: ByteLru<KnownRow<Row>>;
  /** Bytes that a row takes at most, its name among them. Its texts are not pieces of longer ones. */
  readonly sizeOf: (row: Row) => number;
  /** Of others' changes; undefined: nobody else changes the table, so what is known holds until it is changed here. */
  readonly poll: PartVersionPoll | undefined;
  /** Milliseconds, never going back. */
  readonly clock?: () => number;
}

export interface KnownRow<Row> {
  readonly row: Row;
  /** Of the table, from before the row was read. */
  readonly mark: string | undefined;
  /** When it was so, for certain, by the clock. */
  at: number;
}

/** What this process read or wrote of a small table lately, by name, for as long as it is sure to hold. */
export class KnownRows<Row> {
  readonly #rows: ByteLru<KnownRow<Row>>;
  readonly #sizeOf: (row: Row) => number;
  readonly #poll: PartVersionPoll | undefined;
  readonly #clock: () => number;
  /** Counts writes that were begun and that ended. */
  #writes = 0;

  constructor({ cache, sizeOf, poll, clock = () => performance.now() }: KnownRowsOptions<Row>) {
    this.#rows = cache;
    this.#sizeOf = sizeOf;
    this.#poll = poll;
    this.#clock = clock;
  }

  /** A row that was read or found unchanged at most three seconds ago, without asking ClickHouse. */
  young(name: string): Row | undefined {
    const known = this.#rows.get(name);
    return known !== undefined && this.#isYoung(known) ? known.row : undefined;
  }

  /** The same, also when it was read longer ago and nobody has changed any row since. */
  async find(name: string): Promise<Row | undefined> {
    const known = this.#rows.get(name);
    if (known === undefined || this.#poll === undefined || this.#isYoung(known)) return known?.row;
    const { at, mark } = await this.#poll.recent();
    if (mark === undefined || mark !== known.mark || this.#rows.get(name) !== known) return undefined;
    known.at = at;
    return known.row;
  }

  /**
   * To be called before rows are read; what it returns takes them in afterwards, unless something was written
   * meanwhile: what was read before a write must not be found after it.
   */
  begin(): (name: string, row: Row) => void {
    const writes = this.#writes;
    const known = this.#now();
    return (name, row) => {
      if (writes === this.#writes) this.#remember(name, { row, ...known });
    };
  }

  /**
   * Writes rows: what was known of them is forgotten, also after a failure, since they may be written all the same.
   * @param rows by name; undefined: nothing is known of it afterwards
   */
  async write(rows: Iterable<readonly [string, Row | undefined]>, work: () => Promise<void>): Promise<void> {
    const all = [...rows];
    const known = this.#now();
    this.#writes++;
    try {
      await work();
    } finally {
      this.#writes++;
      for (const [name] of all) this.#rows.delete(name);
    }
    for (const [name, row] of all) if (row !== undefined) this.#remember(name, { row, ...known });
  }

  /** Forgets everything, what is being read included. */
  clear(): void {
    this.#writes++;
    this.#rows.clear();
  }

  #remember(name: string, known: KnownRow<Row>): void {
    this.#rows.set(name, known, this.#sizeOf(known.row));
  }

  #now(): Pick<KnownRow<Row>, 'at' | 'mark'> {
    return { at: this.#clock(), mark: this.#poll?.latest?.mark };
  }

  #isYoung({ at }: KnownRow<Row>): boolean {
    return this.#poll === undefined || this.#clock() - at <= YOUNG_MS;
  }
}
