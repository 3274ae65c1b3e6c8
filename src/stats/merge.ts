import { conditionsIn } from './parse/filter.ts';
import type { StatsQuery } from './parse/query.ts';
import { costOf } from './query-cost.ts';
import { type DimensionName, dimensionOf } from './registry/dimension-names.ts';
import { METRIC_NAMES } from './registry/metrics.ts';
import { type ComparedResult, shapePeriods } from './result/compared-result.ts';
import type { ShapedList, StatsRow } from './result/stats-result.ts';
import type { Run } from './run.ts';
import { columnsOf } from './sql/compile.ts';
import { isTimeList, listsOf } from './sql/lists.ts';
import { rankOf } from './sql/order.ts';
import { PREVIOUS } from './sql/periods.ts';

/* Several queries about the same clicks as one, which counts the lists of all of them in one pass and in one view. */

type Dimensions = readonly DimensionName[];

/**
 * Puts queries about one tenant's clicks into groups, each of which can be counted as one query that costs no more than its
 * own would: they agree in all but dimensions, breakdown, metrics, limit and offset, and in what makes no difference to one of
 * them: its time zone and interval where it counts nothing by local time, its sort where it has only a list by time.
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

/** The results of the queries that a run has counted as one, in their order. */
export function* shapeMerged(
  { plan, rows, at, result }: Run,
  queries: readonly StatsQuery[],
): Generator<ComparedResult<ShapedList>> {
  if (queries.length === 1) return yield result;
  const columns = columnsOf(plan);
  const place = columns.indexOf('list');
  const rowsByList = new Map<unknown, StatsRow[]>();
  for (const row of rows) {
    const known = rowsByList.get(row[place]);
    if (known === undefined) rowsByList.set(row[place], [row]);
    else known.push(row);
  }
  const summaries = [0, PREVIOUS].flatMap((list) => rowsByList.get(list) ?? []);
  const places = new Map(plan.lists.map(({ dimensions }, index) => [nameOf(dimensions), index + 1]));
  for (const query of queries) {
    const own = listsOf(query).flatMap(({ dimensions }, index) =>
      (rowsByList.get(places.get(nameOf(dimensions))) ?? []).map((row) => row.with(place, index + 1)),
    );
    const before = query.groupBy.includes('time') ? rowsByList.get(PREVIOUS + 1) : undefined;
    yield shapePeriods(query, { columns, rows: [...summaries, ...own, ...(before ?? [])] }, at);
  }
}

/** Two queries as one; undefined where that cannot be, or costs more than both. */
function merge(one: StatsQuery, other: StatsQuery): StatsQuery | undefined {
  const own = { ...OWN, ...ownOf(one), ...ownOf(other) };
  if (clicksOf(one, own) !== clicksOf(other, own)) return undefined;
  const shown = shownOfBoth(one, other);
  if (shown === undefined) return undefined;
  const lists = [
    ...new Map(
      [...listsOf(one), ...listsOf(other)].map(({ dimensions }) => [nameOf(dimensions), dimensions]),
    ).values(),
  ];
  const groupBy = commonOrder(lists);
  if (groupBy === undefined || lists.length >= PREVIOUS) return undefined;
  const metrics = METRIC_NAMES.filter((name) => one.metrics.includes(name) || other.metrics.includes(name));
  const ordered = isOrdered(one) ? one : other;
  const local = isLocal(one) ? one : other;
  const both = { ...local, ...shown, sort: ordered.sort, groupBy, metrics, breakdown: false, lists };
  if ([one, other].some((query) => isOrdered(query) && rankOf(query) !== rankOf(both))) return undefined;
  return costOf(both, 1) <= costOf(one, 1) + costOf(other, 1) ? both : undefined;
}

/** What queries may differ in that become one. By what name their range was asked for makes no difference to it. */
const OWN = {
  groupBy: 0,
  breakdown: 0,
  lists: 0,
  metrics: 0,
  isClamped: 0,
  rangeName: 0,
  limit: 0,
  offset: 0,
};

/** What makes no difference to a query. */
function ownOf(query: StatsQuery) {
  return {
    ...(!isLocal(query) && { timezone: 0, interval: 0, sameClock: 0 }),
    ...(!isOrdered(query) && { sort: 0 }),
  };
}

/** Whether local time decides which clicks are counted, or in which groups. */
function isLocal({ groupBy, lists = [groupBy], filters }: StatsQuery): boolean {
  const names = [...lists.flat(), ...conditionsIn(filters).map(({ dimension }) => dimension)];
  return names.some((name) => dimensionOf(name).topic === 'time');
}

/** Whether a list has an order other than time's. */
function isOrdered(query: StatsQuery): boolean {
  return listsOf(query).some((list) => !isTimeList(list));
}

/** Equal for queries that agree in all else. */
function clicksOf(query: StatsQuery, own: Readonly<Record<string, number>>): string {
  const given = Object.entries({ ...query, ...own }).filter(([, value]) => value !== undefined);
  return JSON.stringify(given.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/**
 * Which groups of a list are read for two queries: all up to the last that one shows. Then they have their places, and each
 * query's are told by these. undefined: those are more than both show, or a last row unites what one of them cuts off.
 */
function shownOfBoth(
  one: StatsQuery,
  other: StatsQuery,
): { readonly limit?: number; readonly offset?: number } | undefined {
  const { limit: most, offset: from = 0 } = one;
  const { limit: mostOfOther, offset: fromOfOther = 0 } = other;
  if (most === mostOfOther && from === fromOfOther) return {};
  if (most === undefined || mostOfOther === undefined || one.other === true) return undefined;
  const limit = Math.max(from + most, fromOfOther + mostOfOther);
  return limit <= most + mostOfOther ? { limit, offset: 0 } : undefined;
}

function nameOf(dimensions: Dimensions): string {
  return dimensions.join();
}

/**
 * All dimensions in an order that is each list's own: groups with equal numbers are ordered by their names, dimension by
 * dimension. undefined: the lists contradict each other.
 */
function commonOrder(lists: readonly Dimensions[]): Dimensions | undefined {
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
