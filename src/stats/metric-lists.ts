import type { MetricList, StatsQuery } from './query.ts';
import { type DimensionName, dimensionOf } from './registry/dimension-names.ts';

/** The lists of a stats result in order: one for each dimension, then the breakdown. */
export function listsOf(query: StatsQuery): readonly MetricList[] {
  if (query.lists !== undefined) return query.lists;
  const singles = query.groupBy.map((name) => ({ dimensions: [name] }));
  return query.breakdown && query.groupBy.length > 1 ? [...singles, { dimensions: query.groupBy }] : singles;
}

/** Whether a list is time's own, which has a row for every bucket and is never cut. */
export function isTimeList({ dimensions }: MetricList): boolean {
  return dimensions.length === 1 && dimensions[0] === 'time';
}

/** What tells a list from the others of a query. */
export function listName({ dimensions, clock }: MetricList): string {
  return [...dimensions, ...(clock === undefined ? [] : [clock.timezone, clock.interval])].join();
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

/** How clicks are joined with the values of a dimension; undefined where it is a column of theirs. */
export function joinOf(name: DimensionName) {
  return dimensionOf(name).joinTags;
}
