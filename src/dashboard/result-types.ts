import type { ComparedAnswer } from '../stats/compare.ts';
import { endsSlot, wallText } from './dates.ts';

/** What the page asks for. `previous` is null where there can be no clicks before, and missing where none was asked for. */
export type Answer = ComparedAnswer;

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
  /** Whether another slot begins at the same time of the clock, which has been set back between them. */
  readonly isTwin: boolean;
  readonly clicks: number;
  readonly visitors: number;
  /** Whether the range begins or ends within it, so that it holds less than it could. */
  readonly isCut: boolean;
  /** Clicks of the slot at the same place in the period before. */
  readonly previousClicks: number | undefined;
}

/** Length of the chart's slots in minutes: a month counts as 30 days. */
export function slotMinutes({ time_bucket_info: info }: Answer): number {
  return info?.interval_minutes ?? 1440;
}

export function timeSlots(answer: Answer): readonly TimeSlot[] {
  const { metrics, previous, time_range: range } = answer;
  const clicks = metrics['clicks_by_time'] ?? [];
  const visitors = metrics['unique_clicks_by_time'] ?? [];
  const before = previous?.metrics?.['clicks_by_time'] ?? [];
  const isCutBefore = startsWithin(before[0], previous?.time_range);
  const endsWhole = endsSlot(range.end_date, slotMinutes(answer));
  const twins = repeated(clicks.map((row) => wallText(String(row['bucket_start']))));
  return clicks.map((row, index) => {
    const start = String(row['bucket_start']);
    const isFirst = index === 0;
    const isCutAtStart = isFirst && startsWithin(row, range);
    const earlier = before[index]?.['clicks'];
    return {
      label: String(row['time']),
      start,
      isTwin: twins.has(wallText(start)),
      clicks: Number(row['clicks']),
      visitors: Number(visitors[index]?.['unique_clicks'] ?? 0),
      isCut: isCutAtStart || (index === clicks.length - 1 && !endsWhole),
      // Part of a slot does not compare with a whole one.
      previousClicks:
        earlier === undefined || (isFirst && isCutBefore && !isCutAtStart) ? undefined : Number(earlier),
    };
  });
}

function repeated(texts: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(texts.filter((text) => seen.size === seen.add(text).size));
}

/** Whether a range starts in the middle of a list's row. */
function startsWithin(
  row: Answer['metrics'][string][number] | undefined,
  range: Answer['time_range'] | undefined,
): boolean {
  if (row === undefined || range === undefined) return false;
  return Date.parse(String(row['bucket_start'])) < Date.parse(range.start_date);
}
