import type { FilterName } from '../registry/dimensions.ts';
import { DEFAULT_OPERATOR, type OperatorName } from '../registry/operators.ts';

/** What a query says of a click's value in one dimension. Filters are combined: all of them hold. */
export interface Filter {
  readonly operator: OperatorName;
  readonly dimension: FilterName;
  /** As they were given. */
  readonly values: readonly string[];
}

/** Filters as the API has them: the values of each dimension, by operator unless that is `is` alone. */
export type FiltersByName = {
  readonly [Name in FilterName]?:
    readonly string[] | { readonly [Operator in OperatorName]?: readonly string[] };
};

/** The normal form of filters, which results repeat. */
export function filtersByName(filters: readonly Filter[]): FiltersByName {
  const names = [...new Set(filters.map(({ dimension }) => dimension))];
  return Object.fromEntries(
    names.map((name) => {
      const own = filters.filter(({ dimension }) => dimension === name);
      const [first, ...others] = own;
      const isPlain = first?.operator === DEFAULT_OPERATOR && others.length === 0;
      return [
        name,
        isPlain ? first.values : Object.fromEntries(own.map(({ operator, values }) => [operator, values])),
      ];
    }),
  );
}
