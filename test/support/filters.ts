import type { Condition } from '../../src/stats/parse/filter.ts';
import type { FilterName } from '../../src/stats/registry/dimension-names.ts';
import type { OperatorName } from '../../src/stats/registry/operators.ts';

export function condition(
  operator: OperatorName,
  dimension: FilterName,
  values: readonly string[],
  caseSensitive = true,
): Condition {
  return { operator, dimension, values, caseSensitive };
}

/** The filter that a click's value is one of these. */
export function is(dimension: FilterName, ...values: readonly string[]): Condition {
  return condition('is', dimension, values);
}
