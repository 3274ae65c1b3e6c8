import { type Database, LOOK_UP } from '../clickhouse/database.ts';
import { PART_MARK } from '../clickhouse/part-mark.ts';
import { sql } from '../sql/sql.ts';

/** What there was to see of the table of URLs at a moment. */
export interface Look {
  /** Of a clock that never goes back, before ClickHouse was asked. */
  readonly at: number;
  /** Another one after every change of a row; undefined when there is none to be had. */
  readonly mark: string | undefined;
}

/** Instances look so seldom. */
const RECENT_MS = 1_000;

/** It is waited for no longer: without it the URLs are just looked up. */
const OPTIONS = { ...LOOK_UP, maxSeconds: 2 };

/** None where the table is replicated, or one over several: its parts here are not all there is. */
const MARK = sql`
  SELECT concat(toString(uuid), ' ', (
    SELECT ${PART_MARK} FROM system.parts
    WHERE database = currentDatabase() AND table = 'urls' AND active
  ))
  FROM system.tables
  WHERE database = currentDatabase() AND name = 'urls' AND engine = 'ReplacingMergeTree'`;

/** Tells, for one small query a second, whether anybody has changed any URL. */
export class StoredUrlsWatch {
  readonly #database: Database;
  readonly #clock: () => number;
  #asked: { readonly at: number; readonly look: Promise<Look> } | undefined;
  #latest: Look | undefined;

  constructor(database: Database, clock: () => number) {
    this.#database = database;
    this.#clock = clock;
  }

  /** The newest look there has been, however old. */
  get latest(): Look | undefined {
    return this.#latest;
  }

  /** A look of at most a second ago. */
  async recent(): Promise<Look> {
    const at = this.#clock();
    if (this.#asked === undefined || at - this.#asked.at > RECENT_MS) {
      this.#asked = { at, look: this.#look(at) };
    }
    return this.#asked.look;
  }

  async #look(at: number): Promise<Look> {
    const rows = await this.#database.rows<[string]>(MARK, OPTIONS).catch(() => []);
    this.#latest = { at, mark: rows[0]?.[0] };
    return this.#latest;
  }
}
