import type { FilterName } from '../registry/dimension-names.ts';
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

/**
 * A group in its simplest form, as filters that all hold: without groups of its own kind in it, and not around a single
 * filter.
 */
export function combined(
  operator: (typeof COMBINATIONS)[number],
  filters: readonly Filter[],
): readonly Filter[] {
  if (operator === 'not') return [{ operator, filter: allOf(filters) }];
  const flat = partsOf(operator, filters);
  if (operator === 'and') return flat;
  return flat.length === 1 ? partsOf('and', flat) : [{ operator, filters: flat }];
}

function partsOf(operator: 'and' | 'or', filters: readonly Filter[]): readonly Filter[] {
  return filters.flatMap((filter) => (filter.operator === operator ? filter.filters : [filter]));
}

/** Merges conditions that have the same dimension, operator and letter case: their values add up. */
export function addUp(conditions: readonly Condition[]): readonly Condition[] {
  const lists = new Map<string, { readonly condition: Condition; readonly values: string[] }>();
  for (const condition of conditions) {
    const { dimension, operator, values, caseSensitive } = condition;
    const key = `${dimension} ${operator} ${caseSensitive}`;
    const known = lists.get(key);
    if (known === undefined) lists.set(key, { condition, values: [...values] });
    else for (const value of values) known.values.push(value);
  }
  return [...lists.values()].map(({ condition, values }) => ({ ...condition, values }));
}
