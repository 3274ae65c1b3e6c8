import { conditionsIn } from './parse/filter.ts';
import type { StatsQuery, MetricList } from './query.ts';
import { costOf } from './query-cost.ts';
import { type DimensionName, dependsOnLocalTime } from './registry/dimension-names.ts';
import { METRIC_NAMES, type MetricName } from './registry/metrics.ts';
import { isOrdered, joinOrders, onlyOrder, ordersOf } from './merged-orders.ts';
import { areClocksApart } from './sql/list-columns.ts';
import { listName, listsOf } from './metric-lists.ts';
import { listMetrics } from './sql/numbers.ts';
import { rankOf } from './sql/order.ts';
import { PREVIOUS } from './sql/both-periods.ts';

/* Several queries about the same clicks as one, which counts the lists of all of them in one pass and in one view. */

/** The most dimensions of one query: ClickHouse tells the lists apart by a bit for each, and JavaScript's numbers have 53. */
const MAX_KEYS = 50;

/**
 * Groups queries for one tenant's clicks so that each group can be counted as one query that costs no more than its
 * own would: they agree in range, filters and comparison. With a comparison they agree in time zone and interval as well, where
 * these make a difference to them; with `other` in what their lists are ordered by, and in how many groups are shown.
 * @returns the places of each group's queries
 */
export function groupQueries(queries: readonly StatsQuery[]): readonly (readonly number[])[] {
  const groups: { readonly places: number[]; query: StatsQuery }[] = [];
  for (const [place, query] of queries.entries()) {
    const isInto = groups.some((group) => {
      const both = merge(group.query, query);
      if (both === undefined) return false;
      group.places.push(place);
      group.query = both;
      return true;
    });
    if (!isInto) groups.push({ places: [place], query });
  }
  return groups.map(({ places }) => places);
}

/** A group's queries as one. @throws Error for queries of several groups, or none */
export function mergedQuery(queries: readonly StatsQuery[]): StatsQuery {
  return queries.reduce((merged, query) => {
    const both = merge(merged, query);
    if (both === undefined) throw new Error('These queries cannot be counted as one.');
    return both;
  });
}

/** The lists of a query as those of another one have them, with which it is counted. */
export function listsIn(query: StatsQuery, merged: StatsQuery): readonly MetricList[] {
  return listsOf(query).map(({ dimensions, clock = query }) => {
    if (!dimensions.some(dependsOnLocalTime)) return { dimensions };
    const { timezone } = clock;
    // Without buckets, the interval makes no difference.
    const interval = dimensions.includes('time') ? clock.interval : merged.interval;
    if (timezone === merged.timezone && interval === merged.interval) return { dimensions };
    const { sameClock } = clock;
    return { dimensions, clock: { timezone, interval, ...(sameClock !== undefined && { sameClock }) } };
  });
}

/** Two queries as one; undefined where that cannot be, or costs more than both. */
function merge(one: StatsQuery, other: StatsQuery): StatsQuery | undefined {
  const own = { ...OWN, ...ownOf(one), ...ownOf(other) };
  if (clicksOf(one, own) !== clicksOf(other, own)) return undefined;
  const clock = [one, other].find(hasBuckets) ?? [one, other].find(isLocal) ?? one;
  const [ownLists, otherLists] = [listsIn(one, clock), listsIn(other, clock)];
  const lists = [...new Map([...ownLists, ...otherLists].map((list) => [listName(list), list])).values()];
  const groupBy = commonOrder(lists.map(({ dimensions }) => dimensions));
  if (groupBy === undefined || groupBy.length > MAX_KEYS || lists.length >= PREVIOUS) return undefined;
  const orders = joinOrders([...ordersOf(one, ownLists), ...ordersOf(other, otherLists)]);
  const merged = { ...clock, groupBy, metrics: union(one.metrics, other.metrics), breakdown: false, lists };
  if (!areClocksApart(merged, lists)) return undefined;
  const order = onlyOrder(orders, rankOf(merged));
  // A last row unites what is cut off in one way.
  if (order === undefined && one.other === true) return undefined;
  const both =
    order === undefined
      ? { ...merged, ...UNORDERED, metrics: union(listMetrics(one), listMetrics(other)), orders }
      : { ...merged, ...order, orders: undefined };
  return costOf(both, 1) <= costOf(one, 1) + costOf(other, 1) ? both : undefined;
}

function union(one: readonly MetricName[], other: readonly MetricName[]): readonly MetricName[] {
  return METRIC_NAMES.filter((name) => one.includes(name) || other.includes(name));
}

const UNORDERED = { sort: undefined, limit: undefined, offset: undefined };

/** What queries may differ in that become one. By what name their range was asked for makes no difference to it. */
const OWN = {
  groupBy: 0,
  breakdown: 0,
  lists: 0,
  orders: 0,
  metrics: 0,
  isClamped: 0,
  rangeName: 0,
};

const CLOCK = { timezone: 0, interval: 0, sameClock: 0 };
const ORDER = { sort: 0, limit: 0, offset: 0 };

/** What else a query may differ in from others. */
function ownOf(query: StatsQuery) {
  return {
    ...clockOf(query),
    ...((query.other !== true || !isOrdered(query)) && ORDER),
  };
}

function clockOf(query: StatsQuery) {
  // Buckets are compared with those of the period before by one clock.
  if (query.previous) return isLocal(query) ? {} : CLOCK;
  return isFilteredByTime(query) ? { interval: 0 } : CLOCK;
}

/** Whether local time decides which clicks are counted, or in which groups. */
function isLocal(query: StatsQuery): boolean {
  return (
    isFilteredByTime(query) || listsOf(query).some(({ dimensions }) => dimensions.some(dependsOnLocalTime))
  );
}

function isFilteredByTime({ filters }: StatsQuery): boolean {
  return conditionsIn(filters).some(({ dimension }) => dependsOnLocalTime(dimension));
}

function hasBuckets(query: StatsQuery): boolean {
  return listsOf(query).some(({ dimensions }) => dimensions.includes('time'));
}

/** Equal for queries that agree in all else. */
function clicksOf(query: StatsQuery, own: Readonly<Record<string, number>>): string {
  const given = Object.entries({ ...query, ...own }).filter(([, value]) => value !== undefined);
  return JSON.stringify(given.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/**
 * All dimensions in an order that is each list's own: groups with equal numbers are ordered by their names, dimension by
 * dimension. undefined: the lists contradict each other.
 */
function commonOrder(lists: readonly (readonly DimensionName[])[]): readonly DimensionName[] | undefined {
  const order: DimensionName[] = [];
  let rest = lists.filter((list) => list.length > 0);
  while (rest.length > 0) {
    const heads = [...new Set(rest.flatMap(([head]) => head ?? []))];
    const next = heads.find((head) => rest.every((list) => list.indexOf(head) <= 0));
    if (next === undefined) return undefined;
    order.push(next);
    rest = rest.map((list) => (list[0] === next ? list.slice(1) : list)).filter((list) => list.length > 0);
  }
  return order;
}
