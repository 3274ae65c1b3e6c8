import type { Sql } from '../../sql/sql.ts';
import { namesOf } from '../../lib/names.ts';

/** How a filter's values narrow the clicks. */
export interface Operator {
  /**
   * The condition on a click's value in a dimension.
   * @param matches the condition that it is one of some values
   */
  readonly condition: (matches: (values: readonly string[]) => Sql, values: readonly string[]) => Sql;
  /** For the API document. */
  readonly description: string;
}

/** What filters can say of a dimension's values. */
export const OPERATORS = {
  is: {
    condition: (matches, values) => matches(values),
    description: 'one of the values',
  },
} as const satisfies Record<string, Operator>;

export type OperatorName = keyof typeof OPERATORS;

export const OPERATOR_NAMES = namesOf(OPERATORS);

/** The operator of a filter that is only values. */
export const DEFAULT_OPERATOR: OperatorName = 'is';
