import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import { PART_VERSION } from '../clickhouse/part-version.ts';
import { sql } from '../sql/sql.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import type { TimeRange } from '../stats/time/buckets.ts';
import type { DataChanges, Moment } from './data-changes.ts';

/**
 * The part versions of the table of clicks at a moment: one a month, another one after every change of its clicks. And that of the
 * table of URLs.
 */
export class PartVersions {
  /** Before ClickHouse was asked: whatever had changed by then is in the versions. */
  readonly since: Moment;
  readonly #byMonth: ReadonlyMap<number, string>;

  constructor(since: Moment, byMonth: ReadonlyMap<number, string>) {
    this.since = since;
    this.#byMonth = byMonth;
  }

  /** The versions that a response depends on, as one text: of the months that its range touches, and of the URLs for their tags. */
  of({ range: { start, end }, dependsOnTags }: Dependencies): string {
    const [first, last] = [monthOf(start), monthOf(end)];
    return [...this.#byMonth]
      .filter(
        ([month]) =>
          month === TABLE || (month === URLS && dependsOnTags) || (month >= first && month <= last),
      )
      .map(([month, version]) => `${month}:${version}`)
      .join(' ');
  }
}

/** What a response depends on. */
interface Dependencies {
  readonly range: TimeRange;
  readonly dependsOnTags: boolean;
}

/** Stands for the table itself among the months. */
const TABLE = 0;

/** Stands for the table of URLs. */
const URLS = 1;

/**
 * The months' versions, and the table's own where its parts on this server are all there is of it: not so where it is
 * replicated or distributed.
 */
const VERSIONS = sql`
  SELECT 0 AS month, toString(uuid) AS version FROM system.tables
  WHERE database = currentDatabase() AND name = 'clicks' AND engine = 'MergeTree'
  UNION ALL
  SELECT if(table = 'urls', 1, toUInt32OrZero(partition)) AS month, ${PART_VERSION} AS version
  FROM system.parts
  WHERE database = currentDatabase() AND table IN ('clicks', 'urls') AND active
  GROUP BY month
  ORDER BY month`;

/** Asks ClickHouse for its part versions, with one query for all who need them at once. */
export class FreshnessCheck {
  readonly #database: Database;
  readonly #changes: DataChanges;
  #latest: { readonly since: Moment; readonly versions: Promise<PartVersions | undefined> } | undefined;

  constructor(database: Database, changes: DataChanges) {
    this.#database = database;
    this.#changes = changes;
  }

  /**
   * The part versions of now, or of at most `maxAgeMs` ago if nothing that the tenant sees has changed through this process
   * since; undefined where ClickHouse cannot tell.
   */
  async partVersions(tenant: Tenant, maxAgeMs: number): Promise<PartVersions | undefined> {
    if (this.#latest === undefined || !this.#changes.isFresh(this.#latest.since, tenant, maxAgeMs)) {
      const since = this.#changes.now();
      this.#latest = { since, versions: this.#query(since).catch(() => undefined) };
    }
    return this.#latest.versions;
  }

  async #query(since: Moment): Promise<PartVersions | undefined> {
    const versions = new Map(await this.#database.rows<[number, string]>(VERSIONS, LOOK_UP));
    return versions.has(TABLE) ? new PartVersions(since, versions) : undefined;
  }
}

/** As the table's partitions are named: year and month in UTC. */
function monthOf(instant: number): number {
  const date = new Date(instant);
  return date.getUTCFullYear() * 100 + date.getUTCMonth() + 1;
}
