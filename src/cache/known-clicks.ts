import type { ByteLru } from './byte-lru.ts';
import type { StatsAnswer } from '../stats/result/stats-result.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import type { StatsQuery } from '../stats/parse/query.ts';
import { type KnownClicks, MANY_CLICKS } from '../stats/sql/visitor-plan.ts';
import { sha256 } from '../lib/sha256.ts';

/** What one takes, its name of one length among it. */
const ENTRY_BYTES = 384;

/**
 * What answers told of how often visitors return, so that the next question of the kind, about another range or other
 * dimensions, is put to ClickHouse in the way that suits. No answer rests on it.
 */
export class KnownClicksOfQuestions {
  readonly #known: ByteLru<KnownClicks>;

  constructor(cache: ByteLru<KnownClicks>) {
    this.#known = cache;
  }

  find(query: StatsQuery, tenant: Tenant): KnownClicks | undefined {
    return this.#known.get(nameOf(query, tenant));
  }

  /** Few clicks are cheap to count in any way, and tell little. */
  learn(query: StatsQuery, tenant: Tenant, { summary }: Pick<StatsAnswer, 'summary'>): void {
    if (summary.total_clicks < MANY_CLICKS) return;
    const { total_clicks: clicks, unique_clicks: visitors } = summary;
    const span = query.range.end - query.range.start;
    this.#known.set(nameOf(query, tenant), { clicks, visitors, span }, ENTRY_BYTES);
  }
}

/** Equal for questions about clicks under the same conditions but for the range. Filters can be of any length. */
function nameOf({ filters, bots }: StatsQuery, tenant: Tenant): string {
  return sha256(JSON.stringify([tenant, filters, bots]));
}
