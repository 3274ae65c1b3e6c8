import { sha256 } from '../lib/sha256.ts';
import type { StatsQuery } from '../stats/query.ts';
import type { StatsResult } from '../stats/result/stats-result.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import { type KnownClicks, MANY_CLICKS } from '../stats/sql/visitor-plan.ts';
import type { ByteLru } from './byte-lru.ts';

/** Bytes of an entry, its key of one length among them. */
const ENTRY_BYTES = 384;

/**
 * How many visitors a tenant's clicks under the same conditions had in an earlier result. It decides how the next query
 * counts visitors, for whatever range and dimensions, and never what the result is.
 */
export class VisitorCounts {
  readonly #entries: ByteLru<KnownClicks>;

  constructor(cache: ByteLru<KnownClicks>) {
    this.#entries = cache;
  }

  find(query: StatsQuery, tenant: Tenant): KnownClicks | undefined {
    return this.#entries.get(keyOf(query, tenant));
  }

  /** Results of few clicks are left out: those are cheap to count in any way, and tell little. */
  learn(query: StatsQuery, tenant: Tenant, { summary }: Pick<StatsResult, 'summary'>): void {
    if (summary.total_clicks < MANY_CLICKS) return;
    const { total_clicks: clicks, unique_clicks: visitors } = summary;
    const span = query.range.end - query.range.start;
    this.#entries.set(keyOf(query, tenant), { clicks, visitors, span }, ENTRY_BYTES);
  }
}

/** Equal for queries of the same conditions, whatever their range. A hash, since filters can be of any length. */
function keyOf({ filters, bots }: StatsQuery, tenant: Tenant): string {
  return sha256(JSON.stringify([tenant, filters, bots]));
}
