import { formatInstant } from '../../lib/time-zone.ts';
import type { DimensionName } from '../registry/dimensions.ts';
import { INTERVALS, type IntervalName, intervalMinutes } from '../registry/intervals.ts';
import { percentage, ratio, twoDecimals } from '../registry/metrics.ts';
import type { StatsQuery } from '../parse/query.ts';

export interface Summary {
  readonly total_clicks: number;
  readonly unique_clicks: number;
  readonly bot_clicks: number;
  readonly first_click: string | null;
  readonly last_click: string | null;
  readonly avg_redirection_time: number;
}

export interface TimeBucketInfo {
  readonly strategy: (typeof INTERVALS)[IntervalName]['strategy'];
  readonly interval_minutes: number;
  readonly display_format: string;
  readonly mongo_format: string;
  readonly timezone: string;
}

export interface ComputedMetrics {
  readonly unique_click_rate: number;
  readonly repeat_click_rate: number;
  readonly average_clicks_per_visitor: number;
}

/** What an answer of the statistics API says beside its lists, in the order it is sent. */
export type AnswerHead = {
  readonly scope: 'all' | 'anon';
  readonly short_code?: string;
  readonly api_version: 'v1';
  readonly generated_at: string;
  readonly filters: StatsQuery['filters'];
  readonly group_by: readonly DimensionName[];
  readonly timezone: string;
  readonly time_range: { readonly start_date: string; readonly end_date: string };
  readonly time_bucket_info?: TimeBucketInfo;
  readonly summary: Summary;
  readonly computed_metrics?: ComputedMetrics;
};

/** The totals of a query, columns as `summaryColumns` gives them: clicks, visitors, bots, first, last, average. */
export type SummaryRow = readonly (number | null)[];

/** @param now Unix milliseconds */
export function shapeHead(query: StatsQuery, totals: SummaryRow, now: number): AnswerHead {
  const { subject, range, timezone, groupBy } = query;
  const summary = shapeSummary(query, totals);
  return {
    scope: subject.scope,
    ...(subject.scope === 'anon' ? { short_code: subject.shortCode } : {}),
    api_version: 'v1',
    generated_at: new Date(now).toISOString(),
    filters: query.filters,
    group_by: groupBy,
    timezone,
    time_range: {
      start_date: formatInstant(range.start, timezone),
      end_date: formatInstant(range.end, timezone),
    },
    ...(groupBy.includes('time') ? { time_bucket_info: bucketInfo(query) } : {}),
    summary,
    ...(summary.total_clicks === 0 ? {} : { computed_metrics: computed(summary) }),
  };
}

function shapeSummary({ timezone }: StatsQuery, totals: SummaryRow): Summary {
  const [clicks, visitors, bots, first, last, average] = totals;
  const time = (value: number | null | undefined): string | null =>
    typeof value === 'number' && clicks !== 0 ? formatInstant(value, timezone) : null;
  return {
    total_clicks: clicks ?? 0,
    unique_clicks: visitors ?? 0,
    bot_clicks: bots ?? 0,
    first_click: time(first),
    last_click: time(last),
    avg_redirection_time: twoDecimals(average ?? 0),
  };
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

function computed({ total_clicks: clicks, unique_clicks: visitors }: Summary): ComputedMetrics {
  return {
    unique_click_rate: percentage(visitors, clicks),
    repeat_click_rate: percentage(clicks - visitors, clicks),
    average_clicks_per_visitor: ratio(clicks, visitors),
  };
}
