import { assertNever } from '../../errors.ts';
import { DAY } from '../../lib/calendar.ts';
import { mapEntries } from '../../lib/names.ts';
import { formatInstant } from '../../lib/time-zone.ts';
import { type FilterExpression, type FiltersByName, filterForm } from '../parse/filter-form.ts';
import type { StatsQuery } from '../query.ts';
import type { DimensionName } from '../registry/dimension-names.ts';
import { INTERVALS, type IntervalName, intervalMinutes } from '../registry/intervals.ts';
import { type MetricName, metricOf, summaryMetrics } from '../registry/metrics.ts';
import { type ComputedMetrics, RATES, type Summary, isSummary } from '../registry/summary.ts';

export interface TimeBucketInfo {
  readonly strategy: (typeof INTERVALS)[IntervalName]['strategy'];
  readonly interval_minutes: number;
  readonly display_format: string;
  readonly mongo_format: string;
  readonly timezone: string;
}

/** What a stats result says beside its lists, in the order it is sent. */
export type StatsHead = {
  readonly scope: 'all' | 'anon';
  readonly short_code?: string;
  readonly api_version: 'v1';
  readonly generated_at: string;
  readonly filters: FiltersByName | FilterExpression;
  readonly group_by: readonly DimensionName[];
  readonly timezone: string;
  readonly time_range: {
    readonly start_date: string;
    readonly end_date: string;
    readonly clamped: boolean;
    readonly window_days: number;
  };
  readonly time_bucket_info?: TimeBucketInfo;
  readonly summary: Summary;
  readonly computed_metrics?: ComputedMetrics;
};

/** The numbers of a summary; instants in Unix milliseconds. */
export type SummaryNumbers = Readonly<Partial<Record<MetricName, number | null>>>;

/** @param now Unix milliseconds */
export function shapeHead(query: StatsQuery, numbers: SummaryNumbers, now: number): StatsHead {
  const { subject, range, timezone, groupBy } = query;
  const summary = shapeSummary(query, numbers);
  return {
    scope: subject.scope,
    ...(subject.scope === 'anon' ? { short_code: subject.shortCode } : {}),
    api_version: 'v1',
    generated_at: new Date(now).toISOString(),
    filters: filterForm(query.filters),
    group_by: groupBy,
    timezone,
    time_range: {
      start_date: formatInstant(range.start, timezone),
      end_date: formatInstant(range.end, timezone),
      clamped: query.isClamped ?? false,
      window_days: Math.max(1, Math.round((range.end - range.start) / DAY)),
    },
    ...(groupBy.includes('time') ? { time_bucket_info: bucketInfo(query) } : {}),
    summary,
    ...(summary.total_clicks === 0 ? {} : { computed_metrics: computed(summary) }),
  };
}

/** What a result says of the period before its own, beside that period's lists. */
export type PreviousHead = Pick<StatsHead, 'summary' | 'computed_metrics'> & {
  readonly time_range: Pick<StatsHead['time_range'], 'start_date' | 'end_date'>;
};

export function previousHead({ time_range: range, summary, computed_metrics }: StatsHead): PreviousHead {
  return {
    time_range: { start_date: range.start_date, end_date: range.end_date },
    summary,
    ...(computed_metrics === undefined ? {} : { computed_metrics }),
  };
}

/**
 * A metric as it is shown.
 * @param value as it was counted, an instant in Unix milliseconds; null where no click has one
 */
export function shownMetric(
  name: MetricName,
  value: number | null,
  timezone: string,
): number | string | null {
  const { kind, empty } = metricOf(name);
  switch (kind) {
    case 'count':
    case 'decimal':
      return value ?? empty;
    case 'instant':
      return value === null ? empty : formatInstant(value, timezone);
    default:
      return assertNever(kind);
  }
}

function shapeSummary({ metrics, timezone }: StatsQuery, numbers: SummaryNumbers): Summary {
  const summary = Object.fromEntries(
    summaryMetrics(metrics).map((name) => [
      metricOf(name).total,
      shownMetric(name, numbers[name] ?? null, timezone),
    ]),
  );
  if (!isSummary(summary, metrics)) throw new Error('The summary lacks a number.');
  return summary;
}

function bucketInfo({ interval, timezone }: StatsQuery): TimeBucketInfo {
  const { strategy, display_format } = INTERVALS[interval];
  return {
    strategy,
    interval_minutes: intervalMinutes(interval),
    display_format,
    mongo_format: display_format,
    timezone,
  };
}

function computed(summary: Summary): ComputedMetrics {
  return mapEntries(RATES, (name) => RATES[name].of(summary));
}
