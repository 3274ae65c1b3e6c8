import { DAY, MINUTE } from '../lib/calendar.ts';
import type { Interval } from '../stats/registry/intervals.ts';
import { firstDay } from '../stats/time/date-periods.ts';
import type { RangeDates, TimeSlot } from './result-types.ts';

// The API writes instants in local time: the part before the offset is what clocks there show.
const WALL_LENGTH = '2026-01-24T00:00:00.000'.length;

const formatter = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });

const DATE = formatter({ day: 'numeric', month: 'short', year: 'numeric' });
const DAY_AND_MONTH = formatter({ day: 'numeric', month: 'short' });
const WEEKDAY = formatter({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
const MONTH = formatter({ month: 'long', year: 'numeric' });
const SHORT_MONTH = formatter({ month: 'short', year: 'numeric' });
const YEAR = formatter({ year: 'numeric' });
const TIME = formatter({ hour: '2-digit', minute: '2-digit' });

/** The local time of an instant written with its offset. */
export function wallText(instant: string): string {
  return instant.slice(0, WALL_LENGTH);
}

/** The local time of an instant written with its offset, as if it were UTC (Unix ms). */
export function wallOf(instant: string): number {
  return Date.parse(`${wallText(instant)}Z`);
}

/** A slot of an interval in words; with the offset if the local time is ambiguous. */
export function slotName(
  { start, isRepeated }: Pick<TimeSlot, 'start' | 'isRepeated'>,
  interval: Interval,
): string {
  const wall = wallOf(start);
  const { unit, length } = interval;
  switch (unit) {
    case 'minute': {
      const offset = isRepeated ? ` (UTC${start.slice(WALL_LENGTH).replace('-', '\u2212')})` : '';
      return `${WEEKDAY.format(wall)}, ${TIME.format(wall)}${offset}`;
    }
    case 'day':
      if (length === 1) return WEEKDAY.format(wall);
      return length === 7 ? `Week of ${DATE.format(wall)}` : `${length} days from ${DATE.format(wall)}`;
    case 'month':
      return monthsName(wall, length, MONTH);
  }
}

/** The label of a slot on the chart's axis. @param isFirstOfDay shows the date instead of the hour */
export function slotTick(start: string, { unit, length }: Interval, isFirstOfDay: boolean): string {
  const wall = wallOf(start);
  switch (unit) {
    case 'minute':
      return isFirstOfDay ? DAY_AND_MONTH.format(wall) : TIME.format(wall);
    case 'day':
      return DAY_AND_MONTH.format(wall);
    case 'month':
      return monthsName(wall, length, SHORT_MONTH);
  }
}

/** Months, of which years and quarters have names of their own. */
function monthsName(wall: number, length: number, one: Intl.DateTimeFormat): string {
  if (length === 1) return one.format(wall);
  if (length === 12) return YEAR.format(wall);
  if (length === 3) return `Q${Math.floor(new Date(wall).getUTCMonth() / 3) + 1} ${YEAR.format(wall)}`;
  return `${length} months from ${one.format(wall)}`;
}

/** A range in words; with times of day only if they matter. */
export function rangeName({ start_date, end_date }: RangeDates): string {
  const [start, end] = [wallOf(start_date), wallOf(end_date)];
  const isWholeDays = start % DAY === 0 && (end + 1) % DAY === 0;
  if (isWholeDays || end - start > 3 * DAY) {
    const [first, last] = [DATE.format(start), DATE.format(end)];
    return first === last ? first : `${first} – ${last}`;
  }
  const last = Math.floor((end + 1) / MINUTE) * MINUTE;
  const sameDay = Math.floor(start / DAY) === Math.floor(end / DAY);
  return `${DATE.format(start)}, ${TIME.format(start)} – ${sameDay ? '' : `${DATE.format(last)}, `}${TIME.format(last)}`;
}

/** Whether an instant is the last millisecond of a slot of an interval. */
export function endsSlot(end: string, interval: Interval): boolean {
  const next = wallOf(end) + 1;
  if (interval.unit === 'minute') return next % (interval.length * MINUTE) === 0;
  const day = next / DAY;
  return Number.isInteger(day) && firstDay(interval, day) === day;
}
