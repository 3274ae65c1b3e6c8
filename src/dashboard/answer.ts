import type { StatsAnswer } from '../stats/answer.ts';
import { endsSlot } from './dates.ts';

/** What `compare=previous` adds: the same of the time just before, of the same length. */
export type PreviousPeriod = Pick<StatsAnswer, 'time_range' | 'summary' | 'computed_metrics'> &
  Partial<Pick<StatsAnswer, 'metrics'>>;

/** What the page asked for. */
export type Answer = StatsAnswer & {
  /** null where there can be no clicks before; missing where none was asked for. */
  readonly previous?: PreviousPeriod | null;
};

/** Whether a parsed body is an answer and not, say, a proxy's page: what the page cannot do without is there. */
export function isAnswer(body: unknown): body is Answer {
  if (typeof body !== 'object' || body === null) return false;
  return ['summary', 'metrics', 'group_counts', 'time_range'].every(
    (field) => typeof Object.entries(body).find(([name]) => name === field)?.[1] === 'object',
  );
}

/** A row of a ranking. */
export interface Group {
  readonly value: string;
  readonly clicks: number;
  /** Of all clicks, in percent. */
  readonly share: number;
  readonly visitors: number;
}

/** The groups of a dimension, most clicks first. Both lists hold the same groups in the same order. */
export function groupsOf({ metrics }: Pick<Answer, 'metrics'>, dimension: string): readonly Group[] {
  const visitors = metrics[`unique_clicks_by_${dimension}`] ?? [];
  return (metrics[`clicks_by_${dimension}`] ?? []).map((row, index) => ({
    value: String(row[dimension]),
    clicks: Number(row['clicks']),
    share: Number(row['clicks_percentage']),
    visitors: Number(visitors[index]?.['unique_clicks'] ?? 0),
  }));
}

/** A stretch of the chart. */
export interface TimeSlot {
  readonly label: string;
  /** Its first instant, with the zone's offset then. */
  readonly start: string;
  readonly clicks: number;
  readonly visitors: number;
  /** Whether the range begins or ends within it, so that it holds less than it could. */
  readonly isCut: boolean;
  /** Clicks of the slot at the same place in the period before. */
  readonly previousClicks: number | undefined;
}

/** Length of the chart's slots in minutes: a month counts as 30 days. */
export function slotMinutes({ time_bucket_info: info }: Answer): number {
  return Number(info?.['interval_minutes'] ?? 1440);
}

export function timeSlots(answer: Answer): readonly TimeSlot[] {
  const { metrics, previous, time_range: range } = answer;
  const clicks = metrics['clicks_by_time'] ?? [];
  const visitors = metrics['unique_clicks_by_time'] ?? [];
  const before = slotsBefore(previous);
  const endsWhole = endsSlot(range.end_date, slotMinutes(answer));
  return clicks.map((row, index) => {
    const start = String(row['bucket_start']);
    return {
      label: String(row['time']),
      start,
      clicks: Number(row['clicks']),
      visitors: Number(visitors[index]?.['unique_clicks'] ?? 0),
      isCut:
        (index === 0 && Date.parse(start) < Date.parse(range.start_date)) ||
        (index === clicks.length - 1 && !endsWhole),
      previousClicks: before[index],
    };
  });
}

/** Clicks of the slots before, without a first one that the period only has the end of. */
function slotsBefore(previous: Answer['previous']): readonly (number | undefined)[] {
  const rows = previous?.metrics?.['clicks_by_time'] ?? [];
  const start = Date.parse(previous?.time_range.start_date ?? '');
  return rows.map((row) =>
    Date.parse(String(row['bucket_start'])) < start ? undefined : Number(row['clicks']),
  );
}
