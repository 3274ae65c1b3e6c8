import { type Select, type Selection, as, blank, named, selectFrom, subquery } from '../../sql/select.ts';
import { type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import { isTimeList, joinOf } from '../metric-lists.ts';
import { valueSql } from '../registry/dimension.ts';
import { type DimensionName, dependsOnLocalTime, valueDimensionOf } from '../registry/dimension-names.ts';
import { taggedUrlsOf } from './tag.ts';
import { timeBucket } from './time-bucket.ts';
import type { Clock, MetricList, StatsQuery } from '../query.ts';

/** Whether a row is of a list that is time's own; undefined where there is none. */
export function isOfTimeList(lists: readonly MetricList[]): Sql | undefined {
  const places = lists.flatMap((list, index) => (isTimeList(list) ? [index + 1] : []));
  const [place] = places;
  if (place === undefined) return undefined;
  if (places.length === 1) return sql`list = ${param('UInt8', place)}`;
  return sql`has(${param('Array(UInt8)', places)}, list)`;
}

/** Joins the clicks with the values that lists need beside their columns. */
export function joinValues(select: Select, { query }: Plan, lists: readonly MetricList[]): Select {
  const names = new Set(lists.flatMap(({ dimensions }) => dimensions));
  const joins = [...names].flatMap((name) => joinOf(name)?.(taggedUrlsOf(query)) ?? []);
  return joins.length === 0 ? select : { ...select, from: join([select.from, ...joins], '\n') };
}

/** A column that lists are grouped by. By several clocks, a dimension is several columns. */
interface Key {
  readonly name: string;
  readonly dimension: DimensionName;
  readonly clock: Clock | undefined;
}

function keyOf(dimension: DimensionName, { clock }: MetricList, { timezone }: StatsQuery): Key {
  // Of local time alone, the interval makes no difference.
  const isOfClock = dimension === 'time' || (dependsOnLocalTime(dimension) && clock?.timezone !== timezone);
  if (clock === undefined || !isOfClock) return { name: dimension, dimension, clock: undefined };
  const of = dimension === 'time' ? [clock.timezone, clock.interval] : [clock.timezone];
  return { name: `${dimension}.${of.join(' ')}`, dimension, clock };
}

/**
 * Whether each column of local time has values of its own. Where two have the same, as in zones of one offset, ClickHouse takes them
 * for one, and rows of both lists for rows of neither.
 */
export function areClocksApart(query: StatsQuery, lists: readonly MetricList[]): boolean {
  if (lists.every(({ clock }) => clock === undefined)) return true;
  const keys = keysOf(query, lists).filter(({ dimension }) => dependsOnLocalTime(dimension));
  return new Set(keys.map((key) => JSON.stringify(valueOf(key, query)))).size === keys.length;
}

/** The columns of lists, in the order of the query's dimensions. */
function keysOf(query: StatsQuery, lists: readonly MetricList[]): readonly Key[] {
  const keys = query.groupBy.flatMap((name) =>
    lists.flatMap((list) => (list.dimensions.includes(name) ? [keyOf(name, list, query)] : [])),
  );
  return [...new Map(keys.map((key) => [key.name, key])).values()];
}

/** Selects the values of lists' dimensions, time's as the first second of its bucket, and blanks for the query's others. */
export function selectDimensions(select: Select, plan: Plan, lists: readonly MetricList[]): Select {
  const { query } = plan;
  const columns = query.groupBy.flatMap((name): readonly Selection[] => {
    const keys = keysOf(query, lists).filter(({ dimension }) => dimension === name);
    return keys.length === 0 ? [blankOf(name)] : keys.map((key) => as(key.name, valueOf(key, query)));
  });
  return { ...select, columns: [...select.columns, ...columns] };
}

function valueOf({ dimension, clock }: Key, query: StatsQuery): Sql {
  const local = { ...query, ...clock };
  return dimension === 'time' ? timeBucket(local) : valueSql(valueDimensionOf(dimension), local);
}

/** The blank value of a dimension. A joined dimension has no column of that name in `clicks`, so it needs an alias to name the union's column. */
function blankOf(name: DimensionName): Selection {
  const { expression } = blankDimension(name);
  return joinOf(name) === undefined ? blankDimension(name) : as(name, expression);
}

/** Merges the columns of a dimension that several clocks have: in each row, all but one are blank. */
export function uniteClocks(select: Select, plan: Plan, lists: readonly MetricList[]): Select {
  if (lists.every(({ clock }) => clock === undefined)) return select;
  const { groupBy } = plan.query;
  const keys = keysOf(plan.query, lists);
  const own = new Set([...groupBy, ...keys.map(({ name }) => name)]);
  const columns = groupBy.map((dimension): Selection => {
    const parts = keys.filter((key) => key.dimension === dimension).map(({ name }) => identifier(name));
    if (parts.length === 0) return as(dimension, blankDimension(dimension).expression);
    return as(dimension, dimension === 'time' ? join(parts, ' + ') : concat(parts));
  });
  const others = select.columns.map(({ name }) => name).filter((name) => !own.has(name));
  const [list, ...numbers] = others.map(named);
  return { ...selectFrom(subquery(select)), columns: [...(list ? [list] : []), ...columns, ...numbers] };
}

function concat(texts: readonly Sql[]): Sql {
  return texts.length === 1 ? (texts[0] ?? sql``) : sql`concat(${join(texts, ', ')})`;
}

/** The dimensions of a query in a row that has none of them. */
export function blankDimensions({ groupBy }: StatsQuery): readonly Selection[] {
  return groupBy.map(blankDimension);
}

function blankDimension(name: DimensionName): Selection {
  return blank(name, name === 'time' ? sql`toInt64(0)` : sql`''`);
}

/**
 * Groups by lists in one pass. `list` is a row's place among them, counted from 1; 0 is the summary, where it is
 * counted in the same pass.
 */
export function groupByLists(select: Select, plan: Plan, lists: readonly MetricList[]): Select {
  const { isOnePass } = plan;
  const keys = keysOf(plan.query, lists).map(({ name }) => name);
  const names = join(keys.map(identifier), ', ');
  const sets = lists.map((list) => sql`(${join(keyNames(list, plan.query).map(identifier), ', ')})`);
  const place = isOnePass ? sql`NOT grouping(${names})` : placeOf(plan, lists, keys);
  return {
    ...select,
    columns: [as('list', place), ...select.columns],
    groupBy: sql`GROUPING SETS (${join(isOnePass ? [sql`()`, ...sets] : sets, ', ')})`,
  };
}

function keyNames(list: MetricList, query: StatsQuery): readonly string[] {
  return list.dimensions.map((name) => keyOf(name, list, query).name);
}

function placeOf(plan: Plan, lists: readonly MetricList[], keys: readonly string[]): Sql {
  const names = join(keys.map(identifier), ', ');
  const masks = lists.map((list) => groupingMask(keys, keyNames(list, plan.query)));
  const places = lists.map((list) => plan.lists.indexOf(list) + 1);
  return sql`transform(grouping(${names}), ${param('Array(UInt64)', masks)}, ${param('Array(UInt8)', places)}, 0)`;
}

/** The value of `grouping(…)` for a set: one bit a dimension, the first the highest, 1 where the set has it not. */
function groupingMask(all: readonly string[], set: readonly string[]): number {
  return all.reduce((mask, name) => mask * 2 + (set.includes(name) ? 0 : 1), 0);
}
