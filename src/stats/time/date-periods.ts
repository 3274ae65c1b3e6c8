import { DAY, dayNumber, modulo } from '../../lib/calendar.ts';
import type { Interval } from '../registry/intervals.ts';

// The periods of intervals of days and months: runs of dates that share a bucket. Dates are days since 1970-01-01.

/** The first date of the period that holds `day`. */
export function firstDay({ unit, length, origin }: Interval, day: number): number {
  if (unit === 'day') return day - modulo(day - dayOf(origin), length);
  const months = monthOf(day);
  return firstOfMonth(months - modulo(months - monthOf(dayOf(origin)), length));
}

/** The first date of the period after the one that begins on `day`. */
export function firstDayAfter({ unit, length }: Interval, day: number): number {
  return unit === 'day' ? day + length : firstOfMonth(monthOf(day) + length);
}

/** A date such as `2026-01-24` in days since 1970-01-01. */
export function dayOf(date: string): number {
  return Date.parse(date) / DAY;
}

/** Months since January 1970. */
export function monthOf(day: number): number {
  const date = new Date(day * DAY);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

function firstOfMonth(month: number): number {
  return dayNumber(1970, month + 1, 1);
}
