import { mapEntries } from '../../lib/names.ts';
import { dimensionOf } from './dimension-names.ts';
import { DIMENSIONS } from './dimensions.ts';
import { DEFAULT_METRICS, metricOf } from './metrics.ts';
import { OPERATORS, OPERATOR_NAMES, operatorOf } from './operators.ts';

// Plain data only: the dashboard is built with these values in place of this module, and so without any SQL.

/**
 * What people call the dimensions and what these are about, how their values are written for them, all values where these are
 * few, and the scope that they are bound to.
 */
export const DIMENSION_WORDS = mapEntries(DIMENSIONS, (name) => {
  const dimension = dimensionOf(name);
  const { words, topic, scope = 'any', shownAs = 'text' as const, values = [] } = dimension;
  return { ...words, topic, place: dimension.isInOverview ? 'overview' : 'further', scope, shownAs, values };
});

/** What people call the metrics that the page asks for, and their totals. */
export const METRIC_WORDS = DEFAULT_METRICS.map((name) => {
  const { label, total, kind } = metricOf(name);
  return { label, total, kind };
});

/** What people call the operators, what they take, and the operator that counts the other clicks; `none` where there is none. */
export const OPERATOR_WORDS = mapEntries(OPERATORS, (name) => {
  const { compare, isNegative, takes } = operatorOf(name);
  const opposite = OPERATOR_NAMES.find((other) => {
    const { compare: compared, isNegative: isOtherNegative } = operatorOf(other);
    return compared === compare && isOtherNegative !== isNegative;
  });
  return { label: name.replaceAll('_', ' '), takes, opposite: opposite ?? 'none' };
});
