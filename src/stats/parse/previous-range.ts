import { DAY } from '../../lib/calendar.ts';
import { firstInstantOfDay, offsetAt, wallOf, wallToInstant } from '../../lib/time-zone.ts';
import { INTERVALS } from '../registry/intervals.ts';
import type { TimeRange } from '../time/buckets.ts';
import { firstDay } from '../time/date-periods.ts';
import { dateBefore, daysBetween, localDate } from '../time/local-dates.ts';

/**
 * The period to compare a range with:
 *
 * - From a local midnight until now: as many local days before, the last one up to the same time of day. A month that is
 *   not over and has at least its second day: the month before, up to the same day and time, or its end.
 * - Any other range: as many milliseconds before it.
 *
 * @param endsNow whether the range ends now
 */
export function previousRange(range: TimeRange, zone: string, endsNow: boolean): TimeRange {
  const { start, end } = range;
  const first = localDate(zone, start);
  if (endsNow && start === firstInstantOfDay(zone, first)) return soFar(range, zone, first);
  return { start: start - (end - start) - 1, end: start - 1 };
}

/** Of days that are not over. @param first the date that they begin with (days since 1970-01-01), as all dates here */
function soFar({ start, end }: TimeRange, zone: string, first: number): TimeRange {
  // Clocks set back past midnight show the date before once more.
  const today = Math.max(first, localDate(zone, end));
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
