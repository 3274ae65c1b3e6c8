import type { Sql } from '../sql/sql.ts';
import type { MetricList, StatsQuery } from './query.ts';
import type { Sharding } from './sql/click-source.ts';

/** How a query is going to be counted. */
export interface Plan {
  readonly query: StatsQuery;
  /** The conditions on all counted clicks. Made once, so that a long list of values is sent once. */
  readonly conditions: readonly Sql[];
  /** Whether a click is its visitor's first, for the metrics that depend on it. */
  readonly isFirstClick: Sql;
  readonly lists: readonly MetricList[];
  /** Whether the summary is counted in the pass of the only list, and not in one of its own. */
  readonly isOnePass: boolean;
  /** The period that is compared with, where there is one. */
  readonly previous: PreviousPlan | undefined;
  readonly visitorPlan: VisitorPlan;
  /** How the clicks are sharded; undefined: they are in one table. */
  readonly sharding: Sharding | undefined;
}

/** How the period is counted that a query is compared with. */
export interface PreviousPlan extends ShownBefore {
  /** All lists, since the query's own rows say what they were then. */
  readonly counted: Plan;
}

export interface ShownBefore {
  /** What is shown of the period by itself: its time lists, in the same buckets, and its totals. */
  readonly query: StatsQuery;
  readonly lists: readonly MetricList[];
}

/** How the visitors in the lists of a stats result are counted. Every plan gives the same numbers; one costs less than another. */
export const VISITOR_PLANS = ['all-alike', 'returning-apart'] as const;
export type VisitorPlan = (typeof VISITOR_PLANS)[number];
