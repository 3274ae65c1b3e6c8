import { type Select, type Statement, as, columnNames, selectOf } from '../../sql/select.ts';
import { type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import { valueDimensionOf } from '../registry/dimension-names.ts';
import { METRIC_NAMES, type MetricName } from '../registry/metrics.ts';
import { changeOf } from './change-expression.ts';
import { isOfTimeList } from './list-columns.ts';
import { isTimeList, listName } from '../metric-lists.ts';
import { IS_PREVIOUS } from './both-periods.ts';
import type { ListOrder, MetricList, ShownGroups, Sort, StatsQuery } from '../query.ts';

/** The column of a group's place, counted from 1, in one of several orders. */
export function placeColumn(order: number): string {
  return `place_${order}`;
}

/**
 * Counts each list's groups and keeps those from `offset` on, `limit` of them, by rank and names. A single list stays one
 * flat SELECT: wrapping it in a subquery doubles a link's latency. Time's list by itself is neither counted nor cut nor sorted.
 */
export function limitGroups(statement: Statement, plan: Plan): Select {
  const { query, lists } = plan;
  const rows = statement.kind === 'select' ? statement : selectOf(statement, columnNames(statement));
  if (isOneFlatList(plan) && lists.every(isTimeList)) return withGroups(rows, sql`0`);
  const ordered = {
    ...withGroups(rows, sql`count() OVER (PARTITION BY list)`),
    orderBy: [sql`list`, ...rankAndNames(query)],
  };
  if (query.orders !== undefined) return { ...placeInOrders(ordered, query.orders, plan), orderBy: [] };
  if (query.offset !== undefined) {
    // The first group stays, since it says how many its list has.
    const qualify = sql`place = 1 OR ${isShown(plan)}`;
    return { ...ordered, columns: [...ordered.columns, as('place', placeInList(query))], qualify };
  }
  return { ...ordered, limitBy: query.limit === undefined ? undefined : limitBy(query.limit, plan) };
}

/** Orders the rows as they are shown: those of lists with time by time first. */
export function orderRows(rows: Statement, plan: Plan): Statement {
  const { query } = plan;
  if (isOneFlatList(plan) || rows.kind === 'union') return rows;
  // Each query's rows are put in its own order later.
  if (query.orders !== undefined) return { ...rows, settings: FEWER_STREAMS };
  if (!query.groupBy.includes('time')) return { ...rows, settings: FEWER_STREAMS };
  return {
    ...selectOf(rows, columnNames(rows)),
    orderBy: [sql`list`, sql`time`, ...rankAndNames(query)],
    settings: FEWER_STREAMS,
  };
}

/**
 * The branches run in parallel, and so do the lists of the first. With as many streams as cores for each, there would only be more
 * sets of visitors to merge in the end.
 */
export const FEWER_STREAMS = sql`max_streams_to_max_threads_ratio = 0.5`;

/**
 * `LIMIT … BY` for each list's groups. It never cuts a list of time alone.
 * @param each what rows are grouped by for the limit
 */
export function limitBy(limit: number, { lists, previous }: Plan, each: Sql = sql`list`): Sql {
  const isTime = isOfTimeList(lists);
  const isUncut = previous === undefined ? isTime : sql`${isTime ?? sql`0`} OR ${IS_PREVIOUS}`;
  const uncut = isTime === undefined || isUncut === undefined ? sql`` : sql`, if(${isUncut}, time, 0)`;
  return sql`${param('UInt32', limit)} BY ${each}${uncut}`;
}

/**
 * The place of a row in its list, counted from 1.
 * @param each what distinguishes the lists
 * @param order what rows are ordered by
 */
export function placeInList(query: StatsQuery, each: Sql = sql`list`, order = rankAndNames(query)): Sql {
  // A frame of one row: ClickHouse then holds no more of a list than it is reading.
  return sql`row_number() OVER (PARTITION BY ${each} ORDER BY ${join(order, ', ')} ROWS BETWEEN CURRENT ROW AND CURRENT ROW)`;
}

/** Whether a row's place is among those that `offset` and `limit` leave of its list; all of time's are. */
export function isShown(plan: Plan): Sql {
  return join([...uncutRows(plan), isAmong(sql`place`, plan.query)], ' OR ');
}

/** Conditions for the rows of lists that are never cut. */
function uncutRows({ lists, previous }: Plan): readonly Sql[] {
  const isTime = isOfTimeList(lists);
  return [...(isTime === undefined ? [] : [isTime]), ...(previous === undefined ? [] : [IS_PREVIOUS])];
}

function isAmong(place: Sql, { limit, offset = 0 }: ShownGroups): Sql {
  return limit === undefined
    ? sql`${place} > ${param('UInt64', offset)}`
    : sql`${place} BETWEEN ${param('UInt64', offset + 1)} AND ${param('UInt64', offset + limit)}`;
}

/** Adds each group's place in every order, and keeps those that one of the orders shows. */
function placeInOrders(rows: Select, orders: readonly ListOrder[], plan: Plan): Select {
  const { query, lists } = plan;
  const places = orders.map((order, index) =>
    as(placeColumn(index), placeInList(query, sql`list`, rankAndNames(query, order))),
  );
  const shown = orders.flatMap((order, index) =>
    order.shown.map((groups) => {
      const own = param('Array(UInt8)', placesOf(groups.lists, lists));
      return sql`has(${own}, list) AND ${isAmong(identifier(placeColumn(index)), groups)}`;
    }),
  );
  // The first group stays, since it says how many its list has.
  const first = sql`${identifier(placeColumn(0))} = 1`;
  const qualify = join([first, ...uncutRows(plan), ...shown], ' OR ');
  return { ...rows, columns: [...rows.columns, ...places], qualify };
}

function placesOf(names: readonly string[], lists: readonly MetricList[]): readonly number[] {
  return lists.flatMap((list, index) => (names.includes(listName(list)) ? [index + 1] : []));
}

/** Whether a row of a list that is cut already is more than what says how many groups there are. */
export function isAfterOffset(plan: Plan): Sql {
  return isShown({ ...plan, query: { ...plan.query, limit: undefined } });
}

/**
 * Groups are ordered by what is asked for, else by the first metric, the largest first; those that are equal in it by name.
 * Rows without a value stand last in either direction. In a list that lacks the dimension asked for, all rows have the same.
 * @param order in which way, where the query has several
 */
export function rankAndNames(query: StatsQuery, order?: ListOrder): readonly Sql[] {
  const { sort, rank } = order ?? { sort: query.sort, rank: rankOf(query) };
  const names = query.groupBy.map(identifier);
  const byRank = sql`${identifier(rank)} DESC`;
  // A period before 2000 is none, and nothing has changed since.
  if (sort === undefined || (sort.by === 'change' && !query.previous)) return [byRank, ...names];
  const own = valuesToSort(sort.by, rank).map((value) => (sort.isDescending ? sql`${value} DESC` : value));
  return isMetric(sort.by) ? [...own, ...names] : [...own, byRank, ...names];
}

function isMetric(name: Sort['by']): name is MetricName {
  return METRIC_NAMES.some((known) => known === name);
}

/** What rows are ordered by, one after the other. Texts that are numbers are ordered as numbers; the others have none, and stand last. */
function valuesToSort(by: Sort['by'], rank: MetricName): readonly Sql[] {
  if (by === 'change') return [changeOf(rank)];
  const value = identifier(by);
  if (isMetric(by) || by === 'time' || valueDimensionOf(by).order === 'text') return [value];
  return [sql`toFloat64OrNull(${value})`, value];
}

/** The metric that the groups of a query are ordered by. */
export function rankOf({ metrics }: StatsQuery): MetricName {
  return METRIC_NAMES.find((name) => metrics.includes(name)) ?? 'clicks';
}

function withGroups(rows: Select, groups: Sql): Select {
  return { ...rows, columns: [...rows.columns, as('groups', groups)] };
}

/** One list with its summary on one server: one SELECT. */
function isOneFlatList({ isOnePass, previous, sharding }: Plan): boolean {
  return isOnePass && previous === undefined && sharding === undefined;
}
