import { type Select, type Selection, as, blank } from '../../sql/select.ts';
import { type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import type { StatsQuery } from '../parse/query.ts';
import type { Plan } from '../plan.ts';
import { type DimensionName, valueDimensionOf } from '../registry/dimension-names.ts';
import { timeBucket } from './time-bucket.ts';

/** A list of an answer: the dimensions its groups are of. */
export interface MetricList {
  readonly dimensions: readonly DimensionName[];
}

/** The lists of an answer in order: one a dimension, then the breakdown. */
export function listsOf(query: StatsQuery): readonly MetricList[] {
  if (query.lists !== undefined) return query.lists.map((dimensions) => ({ dimensions }));
  const singles = query.groupBy.map((name) => ({ dimensions: [name] }));
  return query.breakdown && query.groupBy.length > 1 ? [...singles, { dimensions: query.groupBy }] : singles;
}

/** Whether a list is time's own, which has a row for every bucket and is never cut. */
export function isTimeList({ dimensions }: MetricList): boolean {
  return dimensions.length === 1 && dimensions[0] === 'time';
}

/** Whether a click can have several rows in a list: one for each of its values. */
export function isJoined({ dimensions }: MetricList): boolean {
  return dimensions.some((name) => joinOf(name) !== undefined);
}

/** Lists by the rows that they are counted from: first those of clicks alone, then those of clicks joined with something. */
export function listsByRows(lists: readonly MetricList[]): readonly (readonly MetricList[])[] {
  const plain = lists.filter((list) => !isJoined(list));
  const joined = new Map<string, MetricList[]>();
  for (const list of lists.filter(isJoined)) {
    const key = list.dimensions.filter(joinOf).toSorted().join();
    joined.set(key, [...(joined.get(key) ?? []), list]);
  }
  return [...(plain.length === 0 ? [] : [plain]), ...joined.values()];
}

function joinOf(name: DimensionName) {
  return name === 'time' ? undefined : valueDimensionOf(name).join;
}

/** Joins the clicks with the values that lists need beside their columns. */
export function joinValues(select: Select, { query }: Plan, lists: readonly MetricList[]): Select {
  const names = new Set(lists.flatMap(({ dimensions }) => dimensions));
  const joins = [...names].flatMap((name) => joinOf(name)?.(query) ?? []);
  return joins.length === 0 ? select : { ...select, from: join([select.from, ...joins], '\n') };
}

/** Selects the values of lists' dimensions, time's as the first second of its bucket, and blanks for the query's others. */
export function selectDimensions(select: Select, { query }: Plan, lists: readonly MetricList[]): Select {
  const names = new Set(lists.flatMap(({ dimensions }) => dimensions));
  const keys = query.groupBy.map((name): Selection => {
    if (names.has(name))
      return as(name, name === 'time' ? timeBucket(query) : valueDimensionOf(name).column(query));
    // Without an alias the first branch of a union would give the column no name. No column of clicks has it.
    return joinOf(name) === undefined ? blankDimension(name) : as(name, blankDimension(name).expression);
  });
  return { ...select, columns: [...select.columns, ...keys] };
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
  const { query, isOnePass } = plan;
  const keys = query.groupBy.filter((name) => lists.some(({ dimensions }) => dimensions.includes(name)));
  const names = join(keys.map(identifier), ', ');
  const sets = lists.map(({ dimensions }) => sql`(${join(dimensions.map(identifier), ', ')})`);
  const place = isOnePass ? sql`NOT grouping(${names})` : placeOf(plan, lists, keys);
  return {
    ...select,
    columns: [as('list', place), ...select.columns],
    groupBy: sql`GROUPING SETS (${join(isOnePass ? [sql`()`, ...sets] : sets, ', ')})`,
  };
}

function placeOf(plan: Plan, lists: readonly MetricList[], keys: readonly DimensionName[]): Sql {
  const names = join(keys.map(identifier), ', ');
  const masks = lists.map(({ dimensions }) => groupingMask(keys, dimensions));
  const places = lists.map((list) => plan.lists.indexOf(list) + 1);
  return sql`transform(grouping(${names}), ${param('Array(UInt64)', masks)}, ${param('Array(UInt8)', places)}, 0)`;
}

/** The value of `grouping(…)` for a set: one bit a dimension, the first the highest, 1 where the set has it not. */
function groupingMask(all: readonly DimensionName[], set: readonly DimensionName[]): number {
  return all.reduce((mask, name) => mask * 2 + (set.includes(name) ? 0 : 1), 0);
}
