import { mapEntries } from '../../lib/names.ts';
import { DIMENSIONS, dimensionOf } from './dimensions.ts';
import { DEFAULT_METRICS, metricOf } from './metrics.ts';

// Plain data only: the dashboard is built with these values in place of this module, and so without any SQL.

/** What people call the dimensions, how their values are written for them, and the scope that they are bound to. */
export const DIMENSION_WORDS = mapEntries(DIMENSIONS, (name) => {
  const dimension = dimensionOf(name);
  const { words, scope = 'any' } = dimension;
  return {
    ...words,
    place: dimension.isInOverview ? 'overview' : 'further',
    scope,
    shownAs: dimension.column === undefined ? 'text' : (dimension.shownAs ?? 'text'),
  };
});

/** What people call the metrics that the page asks for, and their totals. */
export const METRIC_WORDS = DEFAULT_METRICS.map((name) => {
  const { label, total, kind } = metricOf(name);
  return { label, total, kind };
});
