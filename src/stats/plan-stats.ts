import type { TimeRange } from './time/buckets.ts';
import type { StatsQuery } from './query.ts';
import { type MetricName, metricOf, needsFirstClicks } from './registry/metrics.ts';
import { YEAR_2000 } from '../lib/calendar.ts';
import { isJoined, listsOf } from './metric-lists.ts';
import { isFirstClick } from './sql/first-clicks.ts';
import { countedMetrics, listMetrics } from './sql/numbers.ts';
import type { Sharding } from './sql/click-source.ts';
import { type Tenant, conditionsOf } from './sql/conditions.ts';
import { withStoredTags } from './sql/tag-source.ts';
import type { VisitorPlan } from './plan.ts';
import type { Plan, PreviousPlan, ShownBefore } from './plan.ts';

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
  asked: StatsQuery,
  tenant: Tenant,
  { visitorPlan = 'all-alike', sharding }: PlanOptions = {},
): Plan {
  const query = withStoredTags(asked, tenant);
  const lists = listsOf(query);
  return {
    query: withStoredCode(query, tenant),
    conditions: conditionsOf(query, tenant, sharding),
    isFirstClick: isFirstClick(query, tenant, sharding),
    lists,
    // The summary may have more metrics than a list, which is not to count a costly one for it.
    isOnePass:
      lists.length === 1 &&
      !lists.some(isJoined) &&
      countedMetrics(query).every((name) => isCheapOrListed(name, query)),
    previous: planPrevious(query, tenant, sharding),
    // Groups that are united are of visitors who may be in several of them.
    visitorPlan: query.other === true ? 'all-alike' : visitorPlan,
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

function planPrevious(
  query: StatsQuery,
  tenant: Tenant,
  sharding: Sharding | undefined,
): PreviousPlan | undefined {
  const counted = queryBefore(query);
  const shown = shownBefore(query);
  return counted && shown && { counted: planStats(counted, tenant, { sharding }), ...shown };
}

/** The query of the period that one is compared with. */
function queryBefore(query: StatsQuery): StatsQuery | undefined {
  const { previous: range } = query;
  return range ? { ...query, range, endsNow: false, previous: undefined } : undefined;
}

/** What is shown by itself of the period that a query is compared with. */
export function shownBefore(query: StatsQuery): ShownBefore | undefined {
  const before = queryBefore(query);
  if (before === undefined) return undefined;
  const groupBy = query.groupBy.filter((name) => name === 'time');
  const shown = { ...before, groupBy, breakdown: false, lists: undefined };
  return { query: shown, lists: listsOf(shown) };
}

/** The range of a query together with the period it is compared with. */
export function comparedRange({ range, previous }: StatsQuery): TimeRange {
  return {
    start: Math.min(range.start, previous?.start ?? range.start),
    end: Math.max(range.end, previous?.end ?? range.end),
  };
}

/** The time whose clicks a result depends on: with metrics that depend on visitors' first clicks, everything up to the end. */
export function rangeDependedOn(query: StatsQuery): TimeRange {
  const { start, end } = comparedRange(query);
  const needsAll = listMetrics(query).some(needsFirstClicks);
  return { start: needsAll ? Math.min(start, query.keptSince ?? YEAR_2000) : start, end };
}
