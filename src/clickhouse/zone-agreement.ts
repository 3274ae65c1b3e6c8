import { LRUCache } from 'lru-cache';
import { timeSlices } from '../lib/event-loop.ts';
import { MINUTE } from '../lib/calendar.ts';
import { segments } from '../lib/time-zone.ts';
import { type Sql, param, sql } from '../sql/sql.ts';
import type { Database } from './database.ts';

/** Buckets of a range that begins with 2000 may begin before it. */
const FIRST_YEAR = 1998;
/** A server behind a URL may be updated while this process runs. */
const MAX_AGE_MS = 3_600_000;

type ZoneComparison = {
  readonly throughYear: number;
  /** The UTC years in which ClickHouse's clock and Node's differ. */
  readonly differing: Promise<ReadonlySet<number>>;
};

/** Compares ClickHouse's time-zone data with Node's: each brings its own version. */
export class ZoneAgreement {
  readonly #database: Pick<Database, 'rows'>;
  readonly #everywhere: (query: Sql) => Sql;
  readonly #comparisons = new LRUCache<string, ZoneComparison>({ max: 1_000, ttl: MAX_AGE_MS });

  /** @param everywhere makes a query run on all nodes that may read clicks, since they can be of several versions */
  constructor(database: Pick<Database, 'rows'>, everywhere = (query: Sql): Sql => query) {
    this.#database = database;
    this.#everywhere = everywhere;
  }

  /**
   * Whether both show the same local time in all years that a range (Unix ms) touches or its first bucket may begin in;
   * false for a zone that ClickHouse does not know. Queries ClickHouse once for each zone and hour.
   * @throws AppError when ClickHouse does not respond
   */
  async agree(zone: string, range: { readonly start: number; readonly end: number }): Promise<boolean> {
    if (zone === 'UTC') return true;
    // A bucket is at most a year long; a difference late on a last day of December is found on the first of January.
    const first = new Date(range.start).getUTCFullYear() - 1;
    const last = new Date(range.end).getUTCFullYear() + 1;
    const differing = await this.#differingYears(zone, last);
    for (let year = first; year <= last; year++) if (differing.has(year)) return false;
    return true;
  }

  #differingYears(zone: string, throughYear: number): Promise<ReadonlySet<number>> {
    const known = this.#comparisons.get(zone);
    if (known !== undefined && known.throughYear >= throughYear) return known.differing;
    const differing = this.#compare(zone, throughYear);
    this.#comparisons.set(zone, { throughYear, differing });
    differing.catch(() => this.#comparisons.delete(zone));
    return differing;
  }

  async #compare(zone: string, throughYear: number): Promise<ReadonlySet<number>> {
    // A query with a zone that a node does not know would fail.
    const known = await this.#database.rows<[number]>(this.#everywhere(isKnown(zone)));
    if (known.some(([count]) => count === 0)) return yearsThrough(throughYear);
    const yieldIfDue = timeSlices();
    // Finding a year's clock changes takes a millisecond, so a range of many years would hold up all others.
    for (let year = FIRST_YEAR; year <= throughYear; year++) {
      segments(zone, Date.UTC(year, 0, 1), Date.UTC(year, 11, 31));
      await yieldIfDue();
    }
    const query = this.#everywhere(differingYears(zone, throughYear));
    const rows = await this.#database.rows<[number]>(query);
    return new Set(rows.map(([year]) => year));
  }
}

function isKnown(zone: string): Sql {
  return sql`SELECT toUInt8(count()) AS known FROM system.time_zones WHERE time_zone = ${param('String', zone)}`;
}

function yearsThrough(last: number): ReadonlySet<number> {
  return new Set(Array.from({ length: last - FIRST_YEAR + 1 }, (_, index) => FIRST_YEAR + index));
}

/**
 * The years in which ClickHouse shows another local time than Node: at every midnight of UTC, and at every change of the
 * offset and the second before it. A change that only ClickHouse knows of shows at the midnight after it.
 */
function differingYears(zone: string, throughYear: number): Sql {
  const [from, to] = [Date.UTC(FIRST_YEAR, 0, 1), Date.UTC(throughYear + 1, 0, 1)];
  const periods = segments(zone, from, to - 1);
  const starts = param(
    'Array(Int64)',
    periods.map(({ start }) => start / 1000),
  );
  const offsets = param(
    'Array(Int64)',
    periods.map(({ offset }) => Math.round(offset * (MINUTE / 1000))),
  );
  const name = param('String', zone);
  return sql`SELECT DISTINCT toYear(time, 'UTC') AS year
FROM
(
SELECT t, toDateTime64(t, 3, 'UTC') AS time
FROM
(
SELECT arrayJoin(arrayConcat(range(${param('Int64', from / 1000)}, ${param('Int64', to / 1000)}, 86400), ${starts}, arrayMap(s -> s - 1, ${starts}))) AS t
)
WHERE t >= ${param('Int64', from / 1000)}
)
WHERE toInt64(toUInt16(toDate(time, ${name}))) * 86400 + toHour(time, ${name}) * 3600 + toMinute(time, ${name}) * 60 + toSecond(time, ${name})
  != t + transform(roundDown(t, ${starts}), ${starts}, ${offsets}, toInt64(0))`;
}
