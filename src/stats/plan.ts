import type { Sql } from '../sql/sql.ts';
import type { TimeRange } from './time/buckets.ts';
import type { StatsQuery } from './parse/query.ts';
import { type MetricName, metricOf } from './registry/metrics.ts';
import { type MetricList, listsOf } from './sql/lists.ts';
import { countedMetrics, listMetrics } from './sql/numbers.ts';
import type { Sharding } from './sql/sharding.ts';
import { type Tenant, conditionsOf } from './sql/conditions.ts';
import type { VisitorPlan } from './sql/visitor-plan.ts';

/** How a query is going to be counted. */
export interface Plan {
  readonly query: StatsQuery;
  /** What holds for every click that is counted. Made once, so that a long list of values is sent once. */
  readonly conditions: readonly Sql[];
  readonly lists: readonly MetricList[];
  /** Whether the summary is counted in the pass of the only list, and not in one of its own. */
  readonly isOnePass: boolean;
  /** The plan of the query about the period before, where two are compared. */
  readonly previous: Plan | undefined;
  readonly visitorPlan: VisitorPlan;
  /** How the clicks are sharded; undefined: they are in one table. */
  readonly sharding: Sharding | undefined;
}

export interface PlanOptions {
  /** How visitors are counted in the lists where there are several. */
  readonly visitorPlan?: VisitorPlan;
  readonly sharding?: Sharding | undefined;
}

/**
 * Decides how a query is counted.
 * @param tenant whose clicks it may read: no plan is without
 */
export function planStats(
  query: StatsQuery,
  tenant: Tenant,
  { visitorPlan = 'all-alike', sharding }: PlanOptions = {},
): Plan {
  const lists = listsOf(query);
  const previous = previousQuery(query);
  return {
    query: withStoredCode(query, tenant),
    conditions: conditionsOf(query, tenant),
    lists,
    // The summary may have more metrics than a list, which is not to count a costly one for it.
    isOnePass: lists.length === 1 && countedMetrics(query).every((name) => isCheapOrListed(name, query)),
    previous: previous && planStats(previous, tenant, { sharding }),
    visitorPlan,
    sharding,
  };
}

/** The code may have been sent with blanks around it. */
function withStoredCode(query: StatsQuery, tenant: Tenant): StatsQuery {
  const { subject } = query;
  if (subject.scope !== 'anon' || tenant.kind !== 'url') return query;
  return { ...query, subject: { ...subject, shortCode: tenant.shortCode } };
}

function isCheapOrListed(name: MetricName, query: StatsQuery): boolean {
  return listMetrics(query).includes(name) || metricOf(name).cost <= 1;
}

/** The query about the period before: its time lists, in the same buckets, and its totals. */
function previousQuery(query: StatsQuery): StatsQuery | undefined {
  const { previous: range } = query;
  if (range === undefined || range === null) return undefined;
  const groupBy = query.groupBy.filter((name) => name === 'time');
  return { ...query, range, endsNow: false, groupBy, breakdown: false, previous: undefined };
}

/** From the first instant that an answer is about to the last. */
export function comparedRange({ range, previous }: StatsQuery): TimeRange {
  return {
    start: Math.min(range.start, previous?.start ?? range.start),
    end: Math.max(range.end, previous?.end ?? range.end),
  };
}
