import { namesOf } from '../../lib/names.ts';
import {
  type Compare,
  type Compared,
  FEW_EDGES,
  FEW_PARTS,
  contains,
  endsWith,
  equals,
  matches,
  startsWith,
} from '../sql/comparisons.ts';

/** How a filter's values narrow the clicks. */
export interface Operator {
  /** The condition that a text is one of the values, or has one of them in it. */
  readonly compare: Compare;
  /** Whether the clicks are counted for which that is not so. */
  readonly isNegative: boolean;
  /** What is compared with: whole values of the dimension, any part of them, or patterns. */
  readonly takes: 'values' | 'parts' | 'patterns';
  /**
   * Up to how many values of the letter case given each click is compared with them; otherwise each distinct value is, since
   * ClickHouse prepares the comparison for each block of clicks. Any number unless given.
   */
  readonly few?: number;
  /** Whether `compare` looks at the `beginning` that it is given; otherwise it is called for both texts. */
  readonly knowsBeginning?: true;
  /** For the API document. */
  readonly description: string;
}

/** What filters can say of a dimension's values. */
export const OPERATORS = {
  is: { compare: equals, isNegative: false, takes: 'values', description: 'one of the values' },
  is_not: { compare: equals, isNegative: true, takes: 'values', description: 'none of the values' },
  contains: {
    compare: contains,
    isNegative: false,
    takes: 'parts',
    knowsBeginning: true,
    few: FEW_PARTS,
    description: 'has one of the values in it',
  },
  does_not_contain: {
    compare: contains,
    isNegative: true,
    takes: 'parts',
    knowsBeginning: true,
    few: FEW_PARTS,
    description: 'has none of the values in it',
  },
  starts_with: {
    compare: startsWith,
    isNegative: false,
    takes: 'parts',
    knowsBeginning: true,
    few: FEW_EDGES,
    description: 'begins with one of the values',
  },
  ends_with: {
    compare: endsWith,
    isNegative: false,
    takes: 'parts',
    knowsBeginning: true,
    few: FEW_EDGES,
    description: 'ends with one of the values',
  },
  matches: {
    compare: matches,
    isNegative: false,
    takes: 'patterns',
    knowsBeginning: true,
    few: 0,
    description: 'matches one of the regular expressions, in RE2’s syntax',
  },
  does_not_match: {
    compare: matches,
    isNegative: true,
    takes: 'patterns',
    knowsBeginning: true,
    few: 0,
    description: 'matches none of the regular expressions',
  },
} as const satisfies Record<string, Operator>;

export type OperatorName = keyof typeof OPERATORS;

export const OPERATOR_NAMES = namesOf(OPERATORS);

/** The operator of a filter that is only values. */
export const DEFAULT_OPERATOR: OperatorName = 'is';

export function isOperatorName(name: string): name is OperatorName {
  return OPERATOR_NAMES.some((known) => known === name);
}

/** An operator, whichever it is. */
export function operatorOf(name: OperatorName): Operator {
  return OPERATORS[name];
}

/** Whether each click is compared, and not each distinct value. */
export function isQuick({ few }: Operator, { values, caseSensitive }: Compared): boolean {
  return few === undefined || (caseSensitive && values.length <= few);
}
