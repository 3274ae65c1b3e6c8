import { percentChange } from '../../lib/rounding.ts';
import type { StatsQuery } from '../query.ts';
import { type MetricName, metricOf } from '../registry/metrics.ts';
import { matchBuckets } from '../time/matched-buckets.ts';

/** By how many percent a metric has changed, as both are shown; null from 0, and where either is no number. */
export function changeOf(
  value: string | number | true | null,
  previous: string | number | null,
): number | null {
  return typeof value === 'number' && typeof previous === 'number' ? percentChange(value, previous) : null;
}

/**
 * What a metric was in the bucket of the same place, where neither has clicks: null where the period compared with has no
 * such bucket.
 */
export function emptyBefore(
  metric: MetricName,
  { interval, range, previous, timezone, groupBy }: StatsQuery,
): (start: number) => 0 | null {
  if (!previous || !groupBy.includes('time')) return () => null;
  const { surplusFrom = Infinity } = matchBuckets(interval, range, previous, timezone);
  const { empty } = metricOf(metric);
  return (start) => (start < surplusFrom ? empty : null);
}
