import { DAY } from '../../lib/calendar.ts';
import { firstInstantOfDay, offsetAt, wallOf, wallToInstant } from '../../lib/time-zone.ts';
import type { TimeRange } from '../time/buckets.ts';

/**
 * The period of the same length that ends just before a range starts. Whole local days have as many local days before
 * them, also where one of them has 23 or 25 hours; any other range has as many milliseconds.
 * @param days the range is so many days that were counted back from its end: the period begins at the same time of day as
 * the range, so many days earlier
 */
export function previousRange(range: TimeRange, zone: string, days?: number): TimeRange {
  return { start: previousStart(range, zone, days), end: range.start - 1 };
}

function previousStart(range: TimeRange, zone: string, days: number | undefined): number {
  const { start, end } = range;
  const wall = wallOf(start, offsetAt(zone, start));
  if (days !== undefined) {
    return daysBefore(start, days, (back) => wallToInstant(zone, wall - back * DAY, 'first'));
  }
  if (!isWholeDays(range, zone)) return start - (end + 1 - start);
  const day = Math.floor(wall / DAY);
  return daysBefore(start, daysBetween(start, end + 1), (back) => firstInstantOfDay(zone, day - back));
}

function isWholeDays({ start, end }: TimeRange, zone: string): boolean {
  const [firstDay, lastDay] = [start, end].map((instant) =>
    Math.floor(wallOf(instant, offsetAt(zone, instant)) / DAY),
  );
  if (firstDay === undefined || lastDay === undefined || start !== firstInstantOfDay(zone, firstDay))
    return false;
  // Clocks set back just past midnight show the end of the day before a second time.
  const ends = [
    firstInstantOfDay(zone, lastDay + 1) - 1,
    wallToInstant(zone, lastDay * DAY + DAY - 1, 'second'),
  ];
  return ends.includes(end);
}

/** @param at the start of the period when the calendar goes back so many days, of which the zone may have skipped some */
function daysBefore(start: number, days: number, at: (back: number) => number): number {
  for (let back = days; ; back++) {
    const instant = at(back);
    if (daysBetween(instant, start) >= days) return instant;
  }
}

/** Days that a zone has had between two instants of the same time of day: offsets differ by some hours, not by half a day. */
function daysBetween(from: number, to: number): number {
  return Math.round((to - from) / DAY);
}
