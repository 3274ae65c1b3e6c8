import type { Filter } from '../../src/stats/parse/filter.ts';
import type { FilterName } from '../../src/stats/registry/dimensions.ts';

/** The filter that a click's value is one of these. */
export function is(dimension: FilterName, ...values: readonly string[]): Filter {
  return { operator: 'is', dimension, values };
}
