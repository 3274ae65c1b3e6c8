import { type Database, LOOK_UP } from '../clickhouse/database.ts';
import { PART_MARK } from '../clickhouse/part-version.ts';
import { sql } from '../sql/sql.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import type { TimeRange } from '../stats/time/buckets.ts';
import type { DataChanges, Moment } from './data-changes.ts';

/** What ClickHouse held at a moment: a mark for each month, another one after every change of its clicks. */
export class StoredData {
  /** Before ClickHouse was asked: whatever had changed by then is in the marks. */
  readonly since: Moment;
  readonly #marks: ReadonlyMap<number, string>;

  constructor(since: Moment, marks: ReadonlyMap<number, string>) {
    this.since = since;
    this.#marks = marks;
  }

  /** The marks of the months that a range touches, as one text. */
  markOf({ start, end }: TimeRange): string {
    const [first, last] = [monthOf(start), monthOf(end)];
    return [...this.#marks]
      .filter(([month]) => month === TABLE || (month >= first && month <= last))
      .map(([month, mark]) => `${month}:${mark}`)
      .join(' ');
  }
}

/** Stands for the table itself among the months. */
const TABLE = 0;

/** The months' marks, and the table's own, where the table is of an engine whose parts are all there is. */
const MARKS = sql`
  SELECT 0 AS month, toString(uuid) AS mark FROM system.tables
  WHERE database = currentDatabase() AND name = 'clicks' AND engine = 'MergeTree'
  UNION ALL
  SELECT toUInt32(partition) AS month, ${PART_MARK} AS mark
  FROM system.parts
  WHERE database = currentDatabase() AND table = 'clicks' AND active
  GROUP BY month
  ORDER BY month`;

/** Asks ClickHouse, for all who want to know at once, what it holds. */
export class StoredDataWatch {
  readonly #database: Database;
  readonly #changes: DataChanges;
  #asked: { readonly since: Moment; readonly answer: Promise<StoredData | undefined> } | undefined;

  constructor(database: Database, changes: DataChanges) {
    this.#database = database;
    this.#changes = changes;
  }

  /**
   * What ClickHouse holds now, or held at most `ms` ago if nothing that the tenant sees has changed through this process
   * since; undefined when that is not to be found out.
   */
  async recent(tenant: Tenant, ms: number): Promise<StoredData | undefined> {
    if (this.#asked === undefined || !this.#changes.isRecent(this.#asked.since, tenant, ms)) {
      const since = this.#changes.now();
      this.#asked = { since, answer: this.#ask(since).catch(() => undefined) };
    }
    return this.#asked.answer;
  }

  async #ask(since: Moment): Promise<StoredData | undefined> {
    const marks = new Map(await this.#database.rows<[number, string]>(MARKS, LOOK_UP));
    return marks.has(TABLE) ? new StoredData(since, marks) : undefined;
  }
}

/** As the table's partitions are named: year and month in UTC. */
function monthOf(instant: number): number {
  const date = new Date(instant);
  return date.getUTCFullYear() * 100 + date.getUTCMonth() + 1;
}
