import type { StatsBody } from '../http/api/stats-schemas.ts';
import { INTERVALS, INTERVAL_NAMES, type IntervalName } from '../stats/registry/intervals.ts';

/** A stats response. `previous` is null if there can be no clicks before, and missing if it was not requested. */
export type StatsResult = StatsBody;

/** Whether a parsed body has the fields the page needs; a proxy, for example, may respond with something else. */
export function isStatsResult(body: unknown): body is StatsResult {
  return hasFields(body, {
    summary: 'object',
    metrics: 'object',
    group_counts: 'object',
    time_range: 'object',
  });
}

/** Whether a parsed body is an object whose fields have these types, as `typeof` names them. */
export function hasFields(body: unknown, types: Readonly<Record<string, string>>): boolean {
  if (typeof body !== 'object' || body === null) return false;
  const fields = new Map<string, unknown>(Object.entries(body));
  return Object.entries(types).every(([name, type]) => typeof fields.get(name) === type);
}

/** Whether a result is of a range that ended when it was made. */
export function endsNow({
  time_range: range,
  generated_at: at,
}: Pick<StatsResult, 'generated_at'> & { readonly time_range: RangeDates }): boolean {
  return Date.parse(range.end_date) === Date.parse(at);
}

/** A row of a ranking. */
export interface Group {
  readonly value: string;
  readonly clicks: number;
  /** Percentage of all clicks. */
  readonly share: number;
  readonly visitors: number;
  /** Clicks in the period compared with, if there is one. */
  readonly previousClicks: number | undefined;
}

/** The groups of a dimension, most clicks first. Both lists hold the same groups in the same order. */
export function groupsOf({ metrics }: Pick<StatsResult, 'metrics'>, dimension: string): readonly Group[] {
  const visitors = metrics[`unique_clicks_by_${dimension}`] ?? [];
  return (metrics[`clicks_by_${dimension}`] ?? []).map((row, index) => ({
    value: String(row[dimension]),
    clicks: Number(row['clicks']),
    share: Number(row['clicks_percentage']),
    visitors: Number(visitors[index]?.['unique_clicks'] ?? 0),
    previousClicks: typeof row['previous'] === 'number' ? row['previous'] : undefined,
  }));
}

/** One time bucket in the chart. */
export interface TimeSlot {
  readonly label: string;
  /** Its first instant, with the zone's offset at that time. */
  readonly start: string;
  /** Whether another slot starts at the same local time, because clocks were set back in between. */
  readonly isRepeated: boolean;
  readonly clicks: number;
  readonly visitors: number;
  /** Whether the range starts or ends within it, so it is incomplete. */
  readonly isPartial: boolean;
  /** Clicks of the corresponding slot in the period compared with. */
  readonly previousClicks: number | undefined;
}

/** The first and the last moment of a range. */
export type RangeDates = Pick<StatsResult['time_range'], 'start_date' | 'end_date'>;

/** The name of the interval of a result's time buckets; undefined where it has none. */
export function intervalNameOf({
  time_bucket_info: info,
}: Pick<StatsResult, 'time_bucket_info'>): IntervalName | undefined {
  return INTERVAL_NAMES.find((name) => INTERVALS[name].strategy === info?.strategy);
}
