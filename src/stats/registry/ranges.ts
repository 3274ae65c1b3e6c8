import { namesOf } from '../../lib/names.ts';
import { firstDay } from '../time/date-periods.ts';
import { dateBefore } from '../time/local-dates.ts';
import { INTERVALS } from './intervals.ts';

/** A time range by its name. Dates are days since 1970-01-01. */
export interface NamedRange {
  /** Its first date; undefined: it begins with the oldest click. */
  readonly first: ((today: number, zone: string) => number) | undefined;
  /** Its last date, which is over; undefined: it ends now. */
  readonly last: ((today: number, zone: string) => number) | undefined;
  /** For the API document. */
  readonly description: string;
}

const yesterday = (today: number, zone: string): number => dateBefore(zone, today, 1);
const firstOfWeek = (date: number): number => firstDay(INTERVALS.week, date);
const firstOfMonth = (date: number): number => firstDay(INTERVALS.month, date);

export const RANGES = {
  today: { first: (today) => today, last: undefined, description: 'until now' },
  yesterday: { first: yesterday, last: yesterday, description: 'the whole day before' },
  last_7_days: {
    first: (today, zone) => dateBefore(zone, today, 6),
    last: undefined,
    description: 'today until now and the six days before',
  },
  last_30_days: {
    first: (today, zone) => dateBefore(zone, today, 29),
    last: undefined,
    description: 'today until now and the 29 days before',
  },
  last_week: {
    first: (today) => firstOfWeek(firstOfWeek(today) - 1),
    last: (today) => firstOfWeek(today) - 1,
    description: 'the whole week before, from Monday to Sunday',
  },
  this_month: { first: firstOfMonth, last: undefined, description: 'until now' },
  last_month: {
    first: (today) => firstOfMonth(firstOfMonth(today) - 1),
    last: (today) => firstOfMonth(today) - 1,
    description: 'the whole month before',
  },
  this_year: { first: (today) => firstDay(INTERVALS.year, today), last: undefined, description: 'until now' },
  all: { first: undefined, last: undefined, description: 'from the oldest click until now' },
} as const satisfies Readonly<Record<string, NamedRange>>;

export type RangeName = keyof typeof RANGES;

export const RANGE_NAMES = namesOf(RANGES);
