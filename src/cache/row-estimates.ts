import { ByteLru } from './byte-lru.ts';
import type { Database } from '../clickhouse/database.ts';
import { type Tenant, clicksOf } from '../stats/sql/conditions.ts';
import type { StatsAnswer } from '../stats/result/stats-result.ts';
import type { StatsQuery } from '../stats/parse/query.ts';
import type { TimeRange } from '../stats/time/buckets.ts';
import { rangeRead } from '../stats/query-cost.ts';
import type { Spread } from '../stats/sql/sharding.ts';
import { sql } from '../sql/sql.ts';

/** What of an answer tells how much was read. */
interface TotalsOnly {
  readonly summary: Pick<StatsAnswer['summary'], 'total_clicks'>;
}

interface Estimate extends TimeRange {
  readonly rows: number;
  /** By the clock of `performance`. */
  readonly at: number;
}

/** For tenants that are remembered: owners, and URLs whose statistics are asked for. */
const REMEMBERED_BYTES = 2 * 1_048_576;
/** What one takes beside its name. */
const OVERHEAD = 1_024;
/** Ranges whose clicks are remembered of a tenant. */
const RANGES = 8;
const FRESH_MS = 60_000;
/**
 * How much of a range another one is at least for its clicks to be a part of that one's. How clicks lie in a much longer
 * range, or a shorter one, tells nothing: whoever asks can choose one of few clicks first, and then where they all are.
 */
const NEAR = 0.45;
/** Of its length, what a range may reach out of one that it counts as within. */
const SLACK = 0.1;
/** Looked up at once; what comes then is looked up at its next question. */
const MAX_LOOKUPS = 4;
/** A question that takes longer is looked up before its answer is there. Under load the cheap ones wait, too. */
const PATIENCE_MS = 250;

/**
 * How many clicks a tenant's questions read, about: what their answers told, or what ClickHouse's index says. No answer rests
 * on it, only who waits for whom.
 */
export class RowEstimates {
  readonly #database: Database;
  readonly #spread: Spread | undefined;
  readonly #known = new ByteLru<readonly Estimate[]>(REMEMBERED_BYTES);
  readonly #lookups = new Set<string>();

  /** @param spread where the clicks are spread; the estimate is then of one shard, as the time is that it takes */
  constructor(database: Database, spread: Spread | undefined) {
    this.#database = database;
    this.#spread = spread;
  }

  /** Clicks that a question reads; undefined where nothing is known of its tenant yet. */
  find(query: StatsQuery, tenant: Tenant): number | undefined {
    const range = rangeRead(query);
    const known = this.#closest(tenant, range);
    return known && known.rows * (partOf(known, range) < NEAR ? 1 : Math.min(1, partOf(known, range)));
  }

  /** Runs a question, and learns for the next ones what it reads. */
  async learnFrom<Answer extends TotalsOnly>(
    query: StatsQuery,
    tenant: Tenant,
    run: () => Promise<Answer>,
  ): Promise<Answer> {
    if (this.#isKnown(query, tenant)) return run();
    const late = setTimeout(() => this.look(query, tenant), PATIENCE_MS);
    try {
      const answer = await run();
      if (countsAllItReads(query)) this.#remember(query, tenant, answer.summary.total_clicks);
      else this.look(query, tenant);
      return answer;
    } finally {
      clearTimeout(late);
    }
  }

  /** Looks up what a question reads, for the next ones, unless that is known. */
  look(query: StatsQuery, tenant: Tenant): void {
    if (!this.#isKnown(query, tenant)) void this.#look(nameOf(tenant), query, tenant);
  }

  #closest(tenant: Tenant, range: TimeRange): Estimate | undefined {
    return closest(this.#known.get(nameOf(tenant)) ?? [], range);
  }

  #isKnown(query: StatsQuery, tenant: Tenant): boolean {
    const range = rangeRead(query);
    const known = this.#closest(tenant, range);
    return known !== undefined && partOf(known, range) >= NEAR && performance.now() - known.at <= FRESH_MS;
  }

  #remember(query: StatsQuery, tenant: Tenant, rows: number): void {
    const name = nameOf(tenant);
    const range = rangeRead(query);
    const others = (this.#known.get(name) ?? []).filter((known) => !isAlike(known, range));
    const estimates = [{ rows, ...range, at: performance.now() }, ...others].slice(0, RANGES);
    this.#known.set(name, estimates, 2 * name.length + OVERHEAD);
  }

  async #look(name: string, query: StatsQuery, tenant: Tenant): Promise<void> {
    if (this.#lookups.size >= MAX_LOOKUPS || this.#lookups.has(name)) return;
    this.#lookups.add(name);
    const bare = { ...query, range: rangeRead(query), filters: {}, bots: 'include' } as const;
    try {
      const found = await this.#database.rows<[string, string, number, number, number]>(
        sql`EXPLAIN ESTIMATE SELECT visitor ${clicksOf(bare, tenant, this.#spread)}`,
      );
      const rows = found.reduce((all, [, , , inPart]) => all + inPart, 0);
      this.#remember(query, tenant, rows);
    } catch {
      // Whatever keeps ClickHouse from answering this, the question itself meets too.
    } finally {
      this.#lookups.delete(name);
    }
  }
}

/** Without conditions of its own the total of a question is what it reads. */
function countsAllItReads({ filters, bots, previous }: StatsQuery): boolean {
  return Object.keys(filters).length === 0 && bots === 'include' && previous === undefined;
}

function nameOf(tenant: Tenant): string {
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

/** How long a range is in comparison. */
function partOf(known: TimeRange, range: TimeRange): number {
  return spanOf(range) / spanOf(known);
}

function isAlike(one: TimeRange, other: TimeRange): boolean {
  return covers(one, other) && covers(other, one);
}

function spanOf({ start, end }: TimeRange): number {
  return Math.max(1, end - start);
}
