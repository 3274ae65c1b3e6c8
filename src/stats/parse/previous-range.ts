import { DAY } from '../../lib/calendar.ts';
import { firstInstantOfDay, offsetAt, wallOf, wallToInstant } from '../../lib/time-zone.ts';
import { INTERVALS } from '../registry/intervals.ts';
import type { TimeRange } from '../time/buckets.ts';
import { firstDay } from '../time/date-periods.ts';

/** What a range is besides its two ends. */
export interface RangeKind {
  readonly endsNow: boolean;
  /** So many days were counted back from its end; undefined: it begins at a given instant. */
  readonly daysBack: number | undefined;
}

/**
 * The period to compare a range with:
 *
 * - Days that are not over (from a local midnight until now): as many days before them, the last one up to the same time
 *   of day. A month that is not over and has at least its second day: the month before, up to the same day and time, or
 *   its end.
 * - Whole local days: as many local days before them, also where one of them has 23 or 25 hours.
 * - Days counted back from an end: as many days before, from the same time of day on.
 * - Any other range: as many milliseconds before it.
 */
export function previousRange(range: TimeRange, zone: string, { endsNow, daysBack }: RangeKind): TimeRange {
  const { start, end } = range;
  const justBefore = start - 1;
  const sameLength = { start: start - (end - start) - 1, end: justBefore };
  if (daysBack !== undefined) {
    const wall = wallOf(start, offsetAt(zone, start));
    const startOf = (back: number): number => wallToInstant(zone, wall - back * DAY, 'first');
    return { start: startOf(daysBefore(start, daysBack, startOf)), end: justBefore };
  }
  const first = dateOf(zone, start);
  if (start !== firstInstantOfDay(zone, first)) return sameLength;
  if (endsNow) return soFar(range, zone, first);
  if (!endsDay(end, zone)) return sameLength;
  const from = dateBefore(zone, first, daysBetween(start, end + 1));
  return { start: firstInstantOfDay(zone, from), end: justBefore };
}

/** @param first the date that the range begins with (days since 1970-01-01), as all dates here */
function soFar({ start, end }: TimeRange, zone: string, first: number): TimeRange {
  // Clocks set back past midnight show the date before once more.
  const today = Math.max(first, dateOf(zone, end));
  const timeOfDay = wallOf(end, offsetAt(zone, end)) - today * DAY;
  const days = daysBetween(start, firstInstantOfDay(zone, today)) + 1;
  const isMonth = firstOfMonth(today) === first && today > first;
  const from = isMonth ? firstOfMonth(first - 1) : dateBefore(zone, first, days);
  const to = isMonth ? from + today - first : dateBefore(zone, first, 1);
  const begin = firstInstantOfDay(zone, from);
  // A shorter month is over by then.
  const sameTime = to < first ? wallToInstant(zone, to * DAY + timeOfDay, 'first') : Infinity;
  return { start: begin, end: Math.max(begin, Math.min(sameTime, start - 1)) };
}

function firstOfMonth(date: number): number {
  return firstDay(INTERVALS.month, date);
}

function dateOf(zone: string, instant: number): number {
  return Math.floor(wallOf(instant, offsetAt(zone, instant)) / DAY);
}

function endsDay(end: number, zone: string): boolean {
  const last = dateOf(zone, end);
  // Clocks set back just past midnight show the end of the day before a second time.
  return (
    end === firstInstantOfDay(zone, last + 1) - 1 ||
    end === wallToInstant(zone, last * DAY + DAY - 1, 'second')
  );
}

/** The date that lies so many days of the zone, which may have skipped one, before another. */
function dateBefore(zone: string, date: number, days: number): number {
  const startOf = (back: number): number => firstInstantOfDay(zone, date - back);
  return date - daysBefore(startOf(0), days, startOf);
}

/** How many days the calendar must go back for the zone to have had so many. @param at the start when it goes back so many */
function daysBefore(start: number, days: number, at: (back: number) => number): number {
  for (let back = days; ; back++) if (daysBetween(at(back), start) >= days) return back;
}

/** Days that a zone has had between two instants of the same time of day: offsets differ by some hours, not by half a day. */
function daysBetween(from: number, to: number): number {
  return Math.round((to - from) / DAY);
}
