import QuickLRU from 'quick-lru';
import type { StatsAnswer } from '../stats/answer.ts';
import type { Tenant } from '../stats/conditions.ts';
import type { StatsQuery } from '../stats/query.ts';
import { type KnownClicks, MANY_CLICKS } from '../stats/visitor-plan.ts';

/** So many are remembered at least. */
const REMEMBERED = 1_000;

/**
 * What answers told of how often visitors return, so that the next question of the kind, about another range or other
 * dimensions, is put to ClickHouse in the way that suits. No answer rests on it.
 */
export class KnownClicksOfQuestions {
  readonly #known = new QuickLRU<string, KnownClicks>({ maxSize: REMEMBERED });

  find(query: StatsQuery, tenant: Tenant): KnownClicks | undefined {
    return this.#known.get(nameOf(query, tenant));
  }

  /** Few clicks are cheap to count in any way, and tell little. */
  learn(query: StatsQuery, tenant: Tenant, { summary }: Pick<StatsAnswer, 'summary'>): void {
    if (summary.total_clicks < MANY_CLICKS) return;
    this.#known.set(nameOf(query, tenant), {
      clicks: summary.total_clicks,
      visitors: summary.unique_clicks,
      span: query.range.end - query.range.start,
    });
  }
}

/** Equal for questions about clicks under the same conditions but for the range. */
function nameOf({ filters, bots }: StatsQuery, tenant: Tenant): string {
  return JSON.stringify([tenant, filters, bots]);
}
