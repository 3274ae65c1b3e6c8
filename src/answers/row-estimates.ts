import { ByteLru } from '../caches/byte-lru.ts';
import type { Database } from '../clickhouse/database.ts';
import { type Tenant, clicksOf } from '../stats/conditions.ts';
import type { StatsQuery } from '../stats/query.ts';
import { spanOf } from '../stats/question-cost.ts';
import type { Spread } from '../stats/spread.ts';
import { sql } from '../sql/sql.ts';

interface Estimate {
  readonly rows: number;
  /** Milliseconds of time that they lie in. */
  readonly span: number;
  /** By the clock of `performance`. */
  readonly at: number;
}

/** For tenants that are remembered: owners, and URLs whose statistics are asked for. */
const REMEMBERED_BYTES = 2 * 1_048_576;
/** What one takes beside its name. */
const OVERHEAD = 256;
const FRESH_MS = 60_000;
/** Looked up at once; what comes then is looked up at its next question. */
const MAX_LOOKUPS = 4;

/**
 * How many clicks a tenant's questions read, about: what ClickHouse's index says, looked up beside a question and used for
 * the next ones. No answer rests on it, only who waits for whom.
 */
export class RowEstimates {
  readonly #database: Database;
  readonly #spread: Spread | undefined;
  readonly #known = new ByteLru<Estimate>(REMEMBERED_BYTES);
  readonly #lookups = new Set<string>();

  /** @param spread where the clicks are spread; the estimate is then of one shard, as the time is that it takes */
  constructor(database: Database, spread: Spread | undefined) {
    this.#database = database;
    this.#spread = spread;
  }

  /** Clicks that a question reads; undefined where nothing is known of its tenant yet. */
  find(query: StatsQuery, tenant: Tenant): number | undefined {
    const name = nameOf(tenant);
    const known = this.#known.get(name);
    if (known === undefined || performance.now() - known.at > FRESH_MS) void this.#look(name, query, tenant);
    // Clicks lie evenly in time, as far as this goes.
    return known && known.rows * (spanOf(query) / known.span);
  }

  async #look(name: string, query: StatsQuery, tenant: Tenant): Promise<void> {
    if (this.#lookups.size >= MAX_LOOKUPS || this.#lookups.has(name)) return;
    this.#lookups.add(name);
    const bare = { ...query, filters: {}, bots: 'include' } as const;
    try {
      const found = await this.#database.rows<[string, string, number, number, number]>(
        sql`EXPLAIN ESTIMATE SELECT visitor ${clicksOf(bare, tenant, this.#spread)}`,
      );
      const rows = found.reduce((all, [, , , inPart]) => all + inPart, 0);
      const estimate = { rows, span: spanOf(query), at: performance.now() };
      this.#known.set(name, estimate, 2 * name.length + OVERHEAD);
    } catch {
      // Whatever keeps ClickHouse from answering this, the question itself meets too.
    } finally {
      this.#lookups.delete(name);
    }
  }
}

function nameOf(tenant: Tenant): string {
  return JSON.stringify(tenant);
}
