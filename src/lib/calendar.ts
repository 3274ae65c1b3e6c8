/** Milliseconds in a minute. */
export const MINUTE = 60_000;

/** Milliseconds in a day of 24 hours. */
export const DAY = 86_400_000;

/** The first instant of 2000 in UTC (Unix ms). No click is older. */
export const YEAR_2000 = Date.UTC(2000, 0, 1);

/** The remainder of `value` divided by `divisor`, never negative. */
export function modulo(value: number, divisor: number): number {
  const rest = value % divisor;
  return rest < 0 ? rest + divisor : rest;
}

/**
 * Days from 1970-01-01 to a date of the Gregorian calendar. A month or day outside its range runs over into the
 * neighbouring ones, so `dayNumber(2026, 13, 1)` is 2027-01-01.
 */
export function dayNumber(year: number, month: number, day: number): number {
  // Date.UTC would read the years 0 to 99 as 1900 to 1999; the calendar repeats every 400 years, or 146,097 days.
  return Date.UTC(year + 400, month - 1, day) / DAY - 146_097;
}

// Callers go through instants in order, so the day is mostly the one before: writing it is the expensive part.
let lastDay = 0;
let lastDayText = '1970-01-01';

/** A day (days since 1970-01-01) as `2026-01-24`. */
export function formatDay(day: number): string {
  if (day !== lastDay) {
    lastDayText = new Date(day * DAY).toISOString().slice(0, -14);
    lastDay = day;
  }
  return lastDayText;
}

/** A whole number from 0 to 99 in two digits. */
export function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

/** The day number of the Monday on or before a day. */
function mondayOf(day: number): number {
  // 1970-01-01 was a Thursday, three days after a Monday.
  return day - modulo(day + 3, 7);
}

/** The ISO year and week that hold a day. */
export function isoWeek(day: number): { readonly year: number; readonly week: number } {
  const thursday = mondayOf(day) + 3;
  const year = new Date(thursday * DAY).getUTCFullYear();
  return { year, week: Math.floor((thursday - dayNumber(year, 1, 1)) / 7) + 1 };
}

/**
 * An instant (Unix ms) as a clock `offset` minutes east of UTC shows it, as `2026-01-24T00:00:00.000-05:00`.
 * ISO 8601 has no seconds in an offset (zones had them until 1972): it is rounded, and the time with it.
 */
export function formatWithOffset(instant: number, offset: number): string {
  const minutes = Math.round(offset);
  const wall = instant + minutes * MINUTE;
  const day = Math.floor(wall / DAY);
  const time = wall - day * DAY;
  const minute = Math.floor(time / MINUTE);
  const east = Math.abs(minutes);
  return (
    `${formatDay(day)}T${hoursAndMinutes(minute)}:${twoDigits(Math.floor(time / 1000) % 60)}.` +
    `${String(time % 1000).padStart(3, '0')}${minutes < 0 ? '-' : '+'}${hoursAndMinutes(east)}`
  );
}

function hoursAndMinutes(minutes: number): string {
  return `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}
