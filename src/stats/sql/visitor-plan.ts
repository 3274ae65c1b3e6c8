import { type Sql, sql } from '../../sql/sql.ts';
import { listsOf } from '../metric-lists.ts';
import type { StatsQuery } from '../query.ts';
import type { VisitorPlan } from '../plan.ts';

/**
 * Whether a click is of a visitor with more than one. A visitor with a single click is unique wherever that click is
 * counted, so with `returning-apart` only the others are distinguished, list by list, once it is known who they are.
 * @param source the clicks of the query: `FROM … WHERE …`
 */
export function returningVisitors(source: Sql): Sql {
  return sql`visitor IN (
SELECT visitor
${source}
GROUP BY visitor
HAVING count() > 1
)`;
}

/** The totals of an earlier stats result. */
export interface KnownClicks {
  readonly clicks: number;
  readonly visitors: number;
  /** Length of its range, milliseconds. */
  readonly span: number;
}

/** With fewer lists, or clicks, finding the returning visitors takes longer than it saves. */
const MANY_LISTS = 4;
export const MANY_CLICKS = 100_000;

/** Visitors for each click. From this ratio on, most visitors click once, and it is faster to count the returning ones separately. */
const MOSTLY_ONCE = 0.6;

/**
 * Chooses the plan that should cost least.
 * @param known the totals of an earlier result with the same conditions
 */
export function chooseVisitorPlan(query: StatsQuery, known: KnownClicks | undefined): VisitorPlan {
  if (known === undefined || listsOf(query).length < MANY_LISTS) return 'all-alike';
  const share = Math.min(1, (query.range.end - query.range.start) / known.span);
  const isFresh = known.visitors >= known.clicks * MOSTLY_ONCE;
  return isFresh && known.clicks * share >= MANY_CLICKS ? 'returning-apart' : 'all-alike';
}
