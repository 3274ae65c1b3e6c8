import { mapEntries } from '../../lib/names.ts';
import { dimensionOf } from './dimension-names.ts';
import { DIMENSIONS } from './dimensions.ts';
import { metricOf, summaryMetrics } from './metrics.ts';
import { OPERATORS, OPERATOR_NAMES, operatorOf } from './operators.ts';
import { RATES, RATE_NAMES } from './summary.ts';

// Plain data only: the dashboard is built with these values in place of this module, and so without any SQL.

/**
 * What people call the dimensions and what these are about, how long their values are and how they are written for them, all values
 * where these are few, and the scope that they are bound to.
 */
export const DIMENSION_WORDS = mapEntries(DIMENSIONS, (name) => {
  const dimension = dimensionOf(name);
  const { words, topic, scope = 'any', shownAs = 'text' as const, values = [] } = dimension;
  const place = dimension.isInOverview ? 'overview' : 'further';
  const length = dimension.hasLongValues ? 'long' : 'short';
  return { ...words, topic, place, length, scope, shownAs, values };
});

/** What people call the totals that a summary always has, but for instants. */
export const TOTAL_WORDS = summaryMetrics([]).flatMap((name) => {
  const { label, total, kind, unit = 'none' as const } = metricOf(name);
  return kind === 'instant' ? [] : [{ label, total, kind, unit }];
});

/** What people call the rates beside the totals. */
export const RATE_WORDS = RATE_NAMES.filter((name) => RATES[name].isInOverview).map((name) => {
  const { label, isPercentage } = RATES[name];
  return { name, label, kind: isPercentage ? ('percentage' as const) : ('decimal' as const) };
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
