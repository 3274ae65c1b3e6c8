import type { FilterName } from '../registry/dimension-names.ts';
import { DEFAULT_OPERATOR, OPERATOR_NAMES, type OperatorName } from '../registry/operators.ts';
import { type Condition, type Filter, allOf, isCondition } from './filter.ts';

/** The option of conditions for which letter case does not matter. */
export const CASE_OPTION = 'case_sensitive';

/** Filters by dimension: its values, or its values by operator, where all of the dimension's conditions have the same options. */
export type FiltersByName = {
  readonly [Name in FilterName]?:
    | readonly string[]
    | ({ readonly [Operator in OperatorName]?: readonly string[] } & { readonly [CASE_OPTION]?: boolean });
};

/** The array form, which can say every filter: `["is_not", "browser", ["Chrome"]]`, `["or", [F, …]]`, `["not", F]`. */
export type FilterExpression = readonly unknown[];

/**
 * The normal form of filters, which results repeat and which parses to the same filters: an object by dimension where that
 * can say them, else the array form.
 */
export function filterForm(filters: readonly Filter[]): FiltersByName | FilterExpression {
  const conditions = filters.filter(isCondition);
  const isObject = conditions.length === filters.length && canStandInObject(conditions);
  return isObject ? byName(conditions) : expressionOf(allOf(filters));
}

/**
 * Conditions in the order of the normal form: those of a dimension together, in the registry's order of operators;
 * dimensions as they were first named; groups last.
 */
export function inNormalOrder(filters: readonly Filter[]): readonly Filter[] {
  const conditions = filters.filter(isCondition);
  const dimensions = [...new Set(conditions.map(({ dimension }) => dimension))];
  return [
    ...dimensions.flatMap((name) => {
      const own = conditions.filter(({ dimension }) => dimension === name);
      return OPERATOR_NAMES.flatMap((operator) => own.filter((one) => one.operator === operator));
    }),
    ...filters.filter((filter) => !isCondition(filter)),
  ];
}

/** An object has one list for a dimension and operator, and one set of options for a dimension. */
function canStandInObject(conditions: readonly Condition[]): boolean {
  const keys = conditions.map(({ dimension, operator }) => `${operator} ${dimension}`);
  const byDimension = new Map(conditions.map(({ dimension, caseSensitive }) => [dimension, caseSensitive]));
  return (
    new Set(keys).size === keys.length &&
    conditions.every(({ dimension, caseSensitive }) => byDimension.get(dimension) === caseSensitive)
  );
}

function byName(conditions: readonly Condition[]): FiltersByName {
  const names = [...new Set(conditions.map(({ dimension }) => dimension))];
  return Object.fromEntries(
    names.map((name) => {
      const own = conditions.filter(({ dimension }) => dimension === name);
      const [first, ...others] = own;
      if (first !== undefined && others.length === 0 && isPlain(first)) return [name, first.values];
      const lists = own.map(({ operator, values }) => [operator, values]);
      const options = first?.caseSensitive === false ? { [CASE_OPTION]: false } : {};
      return [name, { ...Object.fromEntries(lists), ...options }];
    }),
  );
}

function isPlain({ operator, caseSensitive }: Condition): boolean {
  return operator === DEFAULT_OPERATOR && caseSensitive;
}

function expressionOf(filter: Filter): FilterExpression {
  if (isCondition(filter)) {
    const { operator, dimension, values, caseSensitive } = filter;
    return [operator, dimension, values, ...(caseSensitive ? [] : [{ [CASE_OPTION]: false }])];
  }
  const { operator } = filter;
  return [operator, operator === 'not' ? expressionOf(filter.filter) : filter.filters.map(expressionOf)];
}
