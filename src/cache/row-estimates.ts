import { ByteLru } from './byte-lru.ts';
import type { Database } from '../clickhouse/database.ts';
import { type Tenant, clicksOf } from '../stats/sql/conditions.ts';
import type { StatsResult } from '../stats/result/stats-result.ts';
import type { StatsQuery } from '../stats/query.ts';
import { rangeDependedOn } from '../stats/plan-stats.ts';
import type { TimeRange } from '../stats/time/buckets.ts';
import { rangeRead } from '../stats/query-cost.ts';
import type { Sharding } from '../stats/sql/click-source.ts';
import { sql } from '../sql/sql.ts';

/** The part of a result that tells how many clicks were read. */
interface TotalsOnly {
  readonly summary: Pick<StatsResult['summary'], 'total_clicks'>;
}

interface Estimate extends TimeRange {
  readonly rows: number;
  /** By the clock of `performance`. */
  readonly at: number;
}

/** For all tenants that have estimates: owners, and URLs whose statistics are queried. */
const MAX_BYTES = 2 * 1_048_576;
/** Bytes of a tenant's estimates beside its key. */
const OVERHEAD = 1_024;
/** Estimates, each of another range, for one tenant. */
const MAX_RANGES = 8;
const TTL_MS = 60_000;
/**
 * A range that lies within a known one is estimated in proportion to its length, if it has at least this part of that length. For a
 * shorter range the known one says too little: its clicks may all be in that short stretch, and a client could choose it on purpose.
 */
const MIN_PART = 0.45;
/** A known range counts as covering another one that exceeds it by at most this part of the other's length. */
const SLACK = 0.1;
/** Lookups that run at once. If there are more, a query is looked up when it comes the next time. */
const MAX_LOOKUPS = 4;
/** The estimate of a query that runs longer is looked up before its result is there. (Under load, cheap queries run longer, too.) */
const LOOKUP_AFTER_MS = 250;

/**
 * Estimates how many clicks the queries of a tenant read, from earlier results or from ClickHouse's index. An estimate decides the
 * class of a query in the queues, and never its result.
 */
export class RowEstimates {
  readonly #database: Database;
  readonly #sharding: Sharding | undefined;
  readonly #estimates = new ByteLru<readonly Estimate[]>(MAX_BYTES);
  readonly #lookups = new Set<string>();

  /** @param sharding where the clicks are sharded; an estimate is then of one shard, as the time is that a query takes */
  constructor(database: Database, sharding: Sharding | undefined) {
    this.#database = database;
    this.#sharding = sharding;
  }

  /** Clicks that a query reads; undefined where nothing is known of its tenant yet. */
  find(query: StatsQuery, tenant: Tenant): number | undefined {
    const range = rangeRead(query);
    const known = this.#closest(tenant, range);
    return known && known.rows * (partOf(known, range) < MIN_PART ? 1 : Math.min(1, partOf(known, range)));
  }

  /** Runs a query, and learns for the next ones how many clicks it reads. */
  async learnFrom<Result extends TotalsOnly>(
    query: StatsQuery,
    tenant: Tenant,
    run: () => Promise<Result>,
  ): Promise<Result> {
    if (this.#isKnown(query, tenant)) return run();
    const timer = setTimeout(() => this.refresh(query, tenant), LOOKUP_AFTER_MS);
    try {
      const result = await run();
      if (countsAllItReads(query)) this.#add(query, tenant, result.summary.total_clicks);
      else this.refresh(query, tenant);
      return result;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Asks ClickHouse, for later queries, how many clicks this one reads, unless that is known. */
  refresh(query: StatsQuery, tenant: Tenant): void {
    if (!this.#isKnown(query, tenant)) void this.#lookUp(keyOf(tenant), query, tenant);
  }

  #closest(tenant: Tenant, range: TimeRange): Estimate | undefined {
    return closest(this.#estimates.get(keyOf(tenant)) ?? [], range);
  }

  #isKnown(query: StatsQuery, tenant: Tenant): boolean {
    const range = rangeRead(query);
    const known = this.#closest(tenant, range);
    return known !== undefined && partOf(known, range) >= MIN_PART && performance.now() - known.at <= TTL_MS;
  }

  #add(query: StatsQuery, tenant: Tenant, rows: number): void {
    const key = keyOf(tenant);
    const range = rangeRead(query);
    const others = (this.#estimates.get(key) ?? []).filter((known) => !isAlike(known, range));
    const estimates = [{ rows, ...range, at: performance.now() }, ...others].slice(0, MAX_RANGES);
    this.#estimates.set(key, estimates, 2 * key.length + OVERHEAD);
  }

  async #lookUp(key: string, query: StatsQuery, tenant: Tenant): Promise<void> {
    if (this.#lookups.size >= MAX_LOOKUPS || this.#lookups.has(key)) return;
    this.#lookups.add(key);
    const bare = { ...query, range: rangeRead(query), filters: [], bots: 'include' } as const;
    try {
      const found = await this.#database.rows<[string, string, number, number, number]>(
        sql`EXPLAIN ESTIMATE SELECT visitor ${clicksOf(bare, tenant, this.#sharding)}`,
      );
      const rows = found.reduce((all, [, , , inPart]) => all + inPart, 0);
      this.#add(query, tenant, rows);
    } catch {
      // Whatever makes this fail makes the query itself fail too, and that reports it.
    } finally {
      this.#lookups.delete(key);
    }
  }
}

/** Without filters, the total of a query is what it reads, unless that is more than its range. */
function countsAllItReads(query: StatsQuery): boolean {
  const { filters, bots, previous, range } = query;
  const isItsRange = rangeDependedOn(query).start === range.start;
  return filters.length === 0 && bots === 'include' && previous === undefined && isItsRange;
}

function keyOf(tenant: Tenant): string {
  return JSON.stringify(tenant);
}

/** The shortest of those that cover a range. */
function closest(known: readonly Estimate[], range: TimeRange): Estimate | undefined {
  return known
    .filter((one) => covers(one, range))
    .toSorted((one, other) => spanOf(one) - spanOf(other))
    .at(0);
}

function covers(known: TimeRange, range: TimeRange): boolean {
  const slack = spanOf(range) * SLACK;
  return known.start <= range.start + slack && known.end >= range.end - slack;
}

/** The length of a range as a part of a known one's. */
function partOf(known: TimeRange, range: TimeRange): number {
  return spanOf(range) / spanOf(known);
}

function isAlike(one: TimeRange, other: TimeRange): boolean {
  return covers(one, other) && covers(other, one);
}

function spanOf({ start, end }: TimeRange): number {
  return Math.max(1, end - start);
}
