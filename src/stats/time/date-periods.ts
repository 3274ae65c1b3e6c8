import { DAY, dayNumber, modulo } from '../../lib/calendar.ts';
import { assertNever } from '../../errors.ts';
import type { DateInterval } from '../registry/intervals.ts';

// The periods of intervals of days and months: runs of dates that share a bucket. Dates are days since 1970-01-01.

/** The first date of the period that holds `day`. */
export function firstDay({ unit, length, origin }: DateInterval, day: number): number {
  switch (unit) {
    case 'day':
      return day - modulo(day - dayOf(origin), length);
    case 'month':
      return firstOfMonth(monthOf(day) - modulo(monthOf(day) - monthOf(dayOf(origin)), length));
    default:
      return assertNever(unit);
  }
}

/** The first date of the period after the one that begins on `day`. */
export function firstDayAfter({ unit, length }: DateInterval, day: number): number {
  switch (unit) {
    case 'day':
      return day + length;
    case 'month':
      return firstOfMonth(monthOf(day) + length);
    default:
      return assertNever(unit);
  }
}

/** How many days a period has at most and at least. */
export function daysOf({ unit, length }: DateInterval): { readonly most: number; readonly least: number } {
  switch (unit) {
    case 'day':
      return { most: length, least: length };
    case 'month':
      return { most: length * 31, least: length * 28 };
    default:
      return assertNever(unit);
  }
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
