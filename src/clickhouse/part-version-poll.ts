import { param, sql } from '../sql/sql.ts';
import { type Database, LOOK_UP } from './database.ts';
import { PART_MARK } from './part-version.ts';

/** What a table was seen to be at a moment. */
export interface PartVersion {
  /** Of a clock that never goes back, before ClickHouse was asked. */
  readonly at: number;
  /** Another one after every change of a row; undefined when there is none to be had. */
  readonly mark: string | undefined;
}

/** Instances ask no more often. */
const RECENT_MS = 1_000;

/** It is waited for no longer: without it the rows are just looked up. */
const OPTIONS = { ...LOOK_UP, maxSeconds: 2 };

/** Tells, for one small query a second, whether anybody has changed a small table. */
export class PartVersionPoll {
  readonly #database: Database;
  readonly #table: string;
  readonly #clock: () => number;
  #asked: { readonly at: number; readonly version: Promise<PartVersion> } | undefined;
  #latest: PartVersion | undefined;

  /** @param clock milliseconds, never going back */
  constructor(database: Database, table: string, clock = () => performance.now()) {
    this.#database = database;
    this.#table = table;
    this.#clock = clock;
  }

  /** The newest version there has been, however old. */
  get latest(): PartVersion | undefined {
    return this.#latest;
  }

  /** A version of at most a second ago. */
  async recent(): Promise<PartVersion> {
    const at = this.#clock();
    if (this.#asked === undefined || at - this.#asked.at > RECENT_MS) {
      this.#asked = { at, version: this.#ask(at) };
    }
    return this.#asked.version;
  }

  async #ask(at: number): Promise<PartVersion> {
    const table = param('String', this.#table);
    // None where the table is replicated, or one over several: its parts here are not all there is.
    const mark = sql`
      SELECT concat(toString(uuid), ' ', (
        SELECT ${PART_MARK} FROM system.parts
        WHERE database = currentDatabase() AND table = ${table} AND active
      ))
      FROM system.tables
      WHERE database = currentDatabase() AND name = ${table} AND engine = 'ReplacingMergeTree'`;
    const rows = await this.#database.rows<[string]>(mark, OPTIONS).catch(() => []);
    this.#latest = { at, mark: rows[0]?.[0] };
    return this.#latest;
  }
}
