import { INTERVALS, type Interval } from '../stats/registry/intervals.ts';
import { endsSlot, wallText } from './date-text.ts';
import { type RangeDates, type StatsResult, type TimeSlot, intervalNameOf } from './result-types.ts';

/** The interval of the chart's slots. */
export function slotInterval(result: Pick<StatsResult, 'time_bucket_info'>): Interval {
  return INTERVALS[intervalNameOf(result) ?? 'day'];
}

export function timeSlots(result: StatsResult): readonly TimeSlot[] {
  const { metrics, previous, time_range: range } = result;
  const clicks = metrics['clicks_by_time'] ?? [];
  const visitors = metrics['unique_clicks_by_time'] ?? [];
  const before = previous?.metrics?.['clicks_by_time'] ?? [];
  const isPreviousPartial = startsWithin(before[0], previous?.time_range);
  const endsWhole = endsSlot(range.end_date, slotInterval(result));
  const repeatedTimes = repeated(clicks.map((row) => wallText(String(row['bucket_start']))));
  return clicks.map((row, index) => {
    const start = String(row['bucket_start']);
    const isFirst = index === 0;
    const isPartialAtStart = isFirst && startsWithin(row, range);
    const earlier = before[index]?.['clicks'];
    return {
      label: String(row['time']),
      start,
      isRepeated: repeatedTimes.has(wallText(start)),
      clicks: Number(row['clicks']),
      visitors: Number(visitors[index]?.['unique_clicks'] ?? 0),
      isPartial: isPartialAtStart || (index === clicks.length - 1 && !endsWhole),
      // A partial slot cannot be compared with a complete one.
      previousClicks:
        earlier === undefined || (isFirst && isPreviousPartial && !isPartialAtStart)
          ? undefined
          : Number(earlier),
    };
  });
}

function repeated(texts: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(texts.filter((text) => seen.size === seen.add(text).size));
}

/** Whether a range starts in the middle of a time bucket. */
function startsWithin(
  row: StatsResult['metrics'][string][number] | undefined,
  range: RangeDates | undefined,
): boolean {
  if (row === undefined || range === undefined) return false;
  return Date.parse(String(row['bucket_start'])) < Date.parse(range.start_date);
}
