import { type Select, type Selection, as, blank } from '../../sql/select.ts';
import { type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import type { StatsQuery } from '../parse/query.ts';
import type { Plan } from '../plan.ts';
import { type DimensionName, valueDimensionOf } from '../registry/dimensions.ts';
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

/** Selects the values of a query's dimensions, time's as the first second of its bucket. */
export function selectDimensions(select: Select, { query }: Plan): Select {
  const keys = query.groupBy.map((name) =>
    as(name, name === 'time' ? timeBucket(query) : valueDimensionOf(name).column(query)),
  );
  return { ...select, columns: [...select.columns, ...keys] };
}

/** The dimensions of a query in a row that has none of them. */
export function blankDimensions({ groupBy }: StatsQuery): readonly Selection[] {
  return groupBy.map((name) => blank(name, name === 'time' ? sql`toInt64(0)` : sql`''`));
}

/**
 * Groups by every list in one pass. `list` is a row's place among them, counted from 1; 0 is the summary, where it is
 * counted in the same pass.
 */
export function groupByLists(select: Select, { query, lists, isOnePass }: Plan): Select {
  const names = join(query.groupBy.map(identifier), ', ');
  const sets = lists.map(({ dimensions }) => sql`(${join(dimensions.map(identifier), ', ')})`);
  const place = isOnePass ? sql`NOT grouping(${names})` : placeOf(query, lists, names);
  return {
    ...select,
    columns: [as('list', place), ...select.columns],
    groupBy: sql`GROUPING SETS (${join(isOnePass ? [sql`()`, ...sets] : sets, ', ')})`,
  };
}

function placeOf({ groupBy }: StatsQuery, lists: readonly MetricList[], names: Sql): Sql {
  const masks = lists.map(({ dimensions }) => groupingMask(groupBy, dimensions));
  const places = lists.map((_, index) => index + 1);
  return sql`transform(grouping(${names}), ${param('Array(UInt64)', masks)}, ${param('Array(UInt8)', places)}, 0)`;
}

/** The value of `grouping(…)` for a set: one bit a dimension, the first the highest, 1 where the set has it not. */
function groupingMask(all: readonly DimensionName[], set: readonly DimensionName[]): number {
  return all.reduce((mask, name) => mask * 2 + (set.includes(name) ? 0 : 1), 0);
}
