import { assertNever } from '../../errors.ts';
import { DAY, YEAR_2000, dayNumber, formatDay } from '../../lib/calendar.ts';
import { parseDateParameter } from '../../lib/date-time.ts';
import { offsetAt, wallOf, wallToInstant } from '../../lib/time-zone.ts';
import type { TimeRange } from '../time/buckets.ts';
import { localDate } from '../time/local-dates.ts';
import type { Compare } from './compare.ts';
import { previousRange } from './previous-range.ts';

const WEEK = 7 * DAY;
const WEEKS_A_YEAR = 52;

/**
 * The period that a range is compared with.
 * @param endsNow whether the range ends now
 */
export function comparedPeriod(
  range: TimeRange,
  compare: Compare,
  { timezone, endsNow }: { readonly timezone: string; readonly endsNow: boolean },
): TimeRange {
  switch (compare.kind) {
    case 'previous':
      return compare.matchesWeekdays
        ? weeksBeforeIt(range, timezone)
        : previousRange(range, timezone, endsNow);
    case 'year':
      return compare.matchesWeekdays
        ? weeksBefore(range, timezone, WEEKS_A_YEAR)
        : moved(range, timezone, yearBefore);
    case 'range':
      // As every date that is sent. Of the others buckets correspond, so none may be cut off.
      return { ...compare.range, start: Math.max(compare.range.start, YEAR_2000) };
    default:
      return assertNever(compare);
  }
}

/** The weeks that a range has by the local clock, the last one of them perhaps in part. */
function weeksOf({ start, end }: TimeRange, zone: string): number {
  const length = wallOf(end, offsetAt(zone, end)) - wallOf(start, offsetAt(zone, start));
  return Math.max(1, Math.ceil(length / WEEK));
}

function weeksBeforeIt(range: TimeRange, zone: string): TimeRange {
  const { start, end } = weeksBefore(range, zone, weeksOf(range, zone));
  // Of whole weeks, both ends included, the first instant would be in both.
  return { start, end: Math.max(start, Math.min(end, range.start - 1)) };
}

/** It can reach into the range, as the year before can. */
function weeksBefore(range: TimeRange, zone: string, weeks: number): TimeRange {
  return moved(range, zone, (date) => date - 7 * weeks);
}

/** The same dates a year before; 29 February becomes the 28th. */
function yearBefore(date: number): number {
  const [year = 0, month = 1, day = 1] = formatDay(date).split('-').map(Number);
  return dayNumber(year - 1, month, month === 2 && day === 29 ? 28 : day);
}

/** A range with other dates, at the same local times. @param date days since 1970-01-01 */
function moved({ start, end }: TimeRange, zone: string, dateOf: (date: number) => number): TimeRange {
  const from = movedInstant(start, zone, dateOf, 'start');
  // 29 February at noon comes after the 28th in the evening.
  return { start: from, end: Math.max(from, movedInstant(end, zone, dateOf, 'end')) };
}

function movedInstant(
  instant: number,
  zone: string,
  dateOf: (date: number) => number,
  edge: 'start' | 'end',
): number {
  const date = localDate(zone, instant);
  const edgeOf = (day: number): number => parseDateParameter(formatDay(day), zone, edge) ?? instant;
  // A whole day stays one, also where a clock change moves its first or last moment.
  if (instant === edgeOf(date)) return edgeOf(dateOf(date));
  const timeOfDay = wallOf(instant, offsetAt(zone, instant)) - date * DAY;
  return wallToInstant(zone, dateOf(date) * DAY + timeOfDay, edge === 'start' ? 'first' : 'second');
}
