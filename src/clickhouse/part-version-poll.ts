import { param, sql } from '../sql/sql.ts';
import type { Database } from './database.ts';
import { LOOK_UP } from './query-options.ts';
import { PART_VERSION } from './part-version.ts';

/** The part version of a table at a moment. */
export interface PartVersion {
  /** Before ClickHouse was asked, by the poll's clock. */
  readonly at: number;
  /** Another one after every change of a row; undefined where ClickHouse has none to tell. */
  readonly version: string | undefined;
}

/** An instance asks no more often. */
const INTERVAL_MS = 1_000;

/** The poll's time limit is short: without its result the rows are just looked up. */
const OPTIONS = { ...LOOK_UP, maxSeconds: 2 };

/** Tells, for at most one small query a second, whether anybody has changed a small table. */
export class PartVersionPoll {
  readonly #database: Database;
  readonly #table: string;
  readonly #clock: () => number;
  #running: { readonly at: number; readonly version: Promise<PartVersion> } | undefined;
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
    if (this.#running === undefined || at - this.#running.at > INTERVAL_MS) {
      this.#running = { at, version: this.#query(at) };
    }
    return this.#running.version;
  }

  async #query(at: number): Promise<PartVersion> {
    const table = param('String', this.#table);
    // None where the table is replicated or distributed: its parts on this server are not all there is.
    const query = sql`
      SELECT concat(toString(uuid), ' ', (
        SELECT ${PART_VERSION} FROM system.parts
        WHERE database = currentDatabase() AND table = ${table} AND active
      ))
      FROM system.tables
      WHERE database = currentDatabase() AND name = ${table} AND engine = 'ReplacingMergeTree'`;
    const rows = await this.#database.rows<[string]>(query, OPTIONS).catch(() => []);
    this.#latest = { at, version: rows[0]?.[0] };
    return this.#latest;
  }
}
