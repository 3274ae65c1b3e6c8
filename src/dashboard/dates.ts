import type { RangeDates, TimeSlot } from './result-types.ts';

// The API writes instants in local time: the part before the offset is what clocks there show.
const WALL_LENGTH = '2026-01-24T00:00:00.000'.length;
const MINUTE = 60_000;
const DAY = 86_400_000;

const formatter = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });

const DATE = formatter({ day: 'numeric', month: 'short', year: 'numeric' });
const DAY_AND_MONTH = formatter({ day: 'numeric', month: 'short' });
const WEEKDAY = formatter({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
const MONTH = formatter({ month: 'long', year: 'numeric' });
const SHORT_MONTH = formatter({ month: 'short', year: 'numeric' });
const TIME = formatter({ hour: '2-digit', minute: '2-digit' });

/** The local time of an instant written with its offset. */
export function wallText(instant: string): string {
  return instant.slice(0, WALL_LENGTH);
}

/** The local time of an instant written with its offset, as if it were UTC (Unix ms). */
export function wallOf(instant: string): number {
  return Date.parse(`${wallText(instant)}Z`);
}

/** A slot of the given length in minutes, in words; with the offset if the local time is ambiguous. */
export function slotName(
  { start, isRepeated }: Pick<TimeSlot, 'start' | 'isRepeated'>,
  minutes: number,
): string {
  const wall = wallOf(start);
  if (minutes < 1440) {
    const offset = isRepeated ? ` (UTC${start.slice(WALL_LENGTH).replace('-', '\u2212')})` : '';
    return `${WEEKDAY.format(wall)}, ${TIME.format(wall)}${offset}`;
  }
  if (minutes === 1440) return WEEKDAY.format(wall);
  return minutes === 10_080 ? `Week of ${DATE.format(wall)}` : MONTH.format(wall);
}

/** The label of a slot on the chart's axis. @param isFirstOfDay shows the date instead of the hour */
export function slotTick(start: string, minutes: number, isFirstOfDay: boolean): string {
  const wall = wallOf(start);
  if (minutes < 1440) return isFirstOfDay ? DAY_AND_MONTH.format(wall) : TIME.format(wall);
  return minutes <= 10_080 ? DAY_AND_MONTH.format(wall) : SHORT_MONTH.format(wall);
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

/** Whether an instant is the last millisecond of a slot of the given length in minutes. */
export function endsSlot(end: string, minutes: number): boolean {
  const next = wallOf(end) + 1;
  if (minutes < 1440) return next % (minutes * MINUTE) === 0;
  if (next % DAY !== 0) return false;
  if (minutes === 10_080) return new Date(next).getUTCDay() === 1;
  return minutes === 1440 || new Date(next).getUTCDate() === 1;
}
