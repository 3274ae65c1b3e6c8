import type { FilterName } from '../registry/dimensions.ts';
import type { OperatorName } from '../registry/operators.ts';

/** What a query says of a click's value in one dimension. */
export interface Condition {
  readonly operator: OperatorName;
  readonly dimension: FilterName;
  /** As they were given; at least one. */
  readonly values: readonly string[];
  readonly caseSensitive: boolean;
}

/** All of its filters hold, or one of them. */
export interface FilterGroup {
  readonly operator: 'and' | 'or';
  readonly filters: readonly Filter[];
}

/** Its filter does not hold. */
export interface Negation {
  readonly operator: 'not';
  readonly filter: Filter;
}

/** Which clicks a query counts. A list of filters is combined: all of them hold. */
export type Filter = Condition | FilterGroup | Negation;

/** How filters are combined, in the array form. */
export const COMBINATIONS = ['and', 'or', 'not'] as const;

export function isCondition(filter: Filter): filter is Condition {
  return 'dimension' in filter;
}

/** Every condition of some filters, also of those inside groups, in order. */
export function conditionsIn(filters: readonly Filter[]): readonly Condition[] {
  return filters.flatMap((filter) =>
    isCondition(filter)
      ? [filter]
      : conditionsIn(filter.operator === 'not' ? [filter.filter] : filter.filters),
  );
}

/** One filter that says as much as all of these. */
export function allOf(filters: readonly Filter[]): Filter {
  const [first] = filters;
  return first !== undefined && filters.length === 1 ? first : { operator: 'and', filters };
}
