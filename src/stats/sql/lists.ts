import type { DimensionName } from '../registry/dimensions.ts';
import type { StatsQuery } from '../parse/query.ts';

/** A list of an answer: the dimensions its groups are of. */
export interface MetricList {
  readonly dimensions: readonly DimensionName[];
}

/** The lists of an answer in order: one a dimension, then the breakdown. */
export function listsOf(query: StatsQuery): readonly MetricList[] {
  const singles = query.groupBy.map((name) => ({ dimensions: [name] }));
  return query.breakdown && query.groupBy.length > 1 ? [...singles, { dimensions: query.groupBy }] : singles;
}
