import { namesOf } from '../../lib/names.ts';
import { DAY, MINUTE, modulo } from '../../lib/calendar.ts';
import { strftime } from '../../lib/strftime.ts';

const HOUR = 60 * MINUTE;

/** In milliseconds. */
const CLOCK_UNITS = { minute: MINUTE } as const;

/** How time is cut into buckets. */
export type Interval = ClockInterval | DateInterval;

/** Its buckets follow the local clock, and begin again where the clock's offset changes. */
export interface ClockInterval extends Described {
  /** What `length` counts. */
  readonly unit: keyof typeof CLOCK_UNITS;
}

/** Its buckets begin with a local day. */
export interface DateInterval extends Described {
  readonly unit: 'day' | 'month';
}

interface Described {
  /** Its name in responses. */
  readonly strategy: string;
  readonly length: number;
  /** A local date on which one of the buckets begins. */
  readonly origin: string;
  /** The label of a bucket as a strftime pattern. */
  readonly display_format: string;
  /** The longest range (ms) for which it is chosen where none is asked for; undefined: it never is. */
  readonly longest_default_range: number | undefined;
  /** How long (ms) a range without a start is; seven days unless given, or in an export all time. */
  readonly default_range?: number;
}

/** Every interval, from the shortest to the longest. */
export const INTERVALS = {
  minute: {
    strategy: 'minutely',
    unit: 'minute',
    length: 1,
    origin: '1970-01-01',
    display_format: '%Y-%m-%d %H:%M',
    longest_default_range: undefined,
    default_range: DAY,
  },
  '10_minute': {
    strategy: '10_minute',
    unit: 'minute',
    length: 10,
    origin: '1970-01-01',
    display_format: '%Y-%m-%d %H:%M',
    longest_default_range: HOUR,
  },
  hour: {
    strategy: 'hourly',
    unit: 'minute',
    length: 60,
    origin: '1970-01-01',
    display_format: '%Y-%m-%d %H:00',
    // A day on which clocks are set back, and 24 hours whose two ends were taken one after the other.
    longest_default_range: 25 * HOUR,
  },
  day: {
    strategy: 'daily',
    unit: 'day',
    length: 1,
    origin: '1970-01-01',
    display_format: '%Y-%m-%d',
    // Three months, and "the last 90 days" up to a time of today.
    longest_default_range: 93 * DAY,
  },
  week: {
    strategy: 'weekly',
    unit: 'day',
    length: 7,
    // A Monday.
    origin: '1970-01-05',
    display_format: '%G-W%V',
    // 53 weeks.
    longest_default_range: 371 * DAY,
  },
  // What `week` is with `week_start=sunday`.
  sunday_week: {
    strategy: 'weekly',
    unit: 'day',
    length: 7,
    // A Sunday.
    origin: '1970-01-04',
    display_format: '%Y-%m-%d',
    longest_default_range: undefined,
  },
  month: {
    strategy: 'monthly',
    unit: 'month',
    length: 1,
    origin: '1970-01-01',
    display_format: '%Y-%m',
    longest_default_range: Infinity,
  },
  quarter: {
    strategy: 'quarterly',
    unit: 'month',
    length: 3,
    origin: '1970-01-01',
    display_format: '%Y-Q%Q',
    longest_default_range: undefined,
  },
  year: {
    strategy: 'yearly',
    unit: 'month',
    length: 12,
    origin: '1970-01-01',
    display_format: '%Y',
    longest_default_range: undefined,
  },
} as const satisfies Readonly<Record<string, Interval>>;

export type IntervalName = keyof typeof INTERVALS;

/** The names of intervals that can be asked for, from the shortest to the longest. */
export const INTERVAL_NAMES = namesOf(INTERVALS).filter((name) => name !== 'sunday_week');

/** The days that weeks can begin on. */
export const WEEK_STARTS = ['monday', 'sunday'] as const;

export type WeekStart = (typeof WEEK_STARTS)[number];

export const DEFAULT_WEEK_START = 'monday' satisfies WeekStart;

/** The interval itself, or the one in its place where weeks begin on another day than Monday. */
export function withWeekStart(name: IntervalName, weekStart: WeekStart | undefined): IntervalName {
  return name === 'week' && weekStart === 'sunday' ? 'sunday_week' : name;
}

/** Whether its buckets follow the clock, and not the calendar. */
export function isOfClock(interval: Interval): interval is ClockInterval {
  return Object.hasOwn(CLOCK_UNITS, interval.unit);
}

/** How long (ms) a bucket is that no change of the offset cuts. */
export function stepOf({ unit, length }: ClockInterval): number {
  return length * CLOCK_UNITS[unit];
}

const DAYS = {
  day: (length) => length,
  month: (length) => Math.floor((length * 365) / 12),
} as const satisfies Record<DateInterval['unit'], (length: number) => number>;

/** How long a bucket mostly is, in minutes; a month counts as 30 days, a year as 365. */
export function intervalMinutes(name: IntervalName): number {
  const interval: Interval = INTERVALS[name];
  const length = isOfClock(interval) ? stepOf(interval) : DAYS[interval.unit](interval.length) * DAY;
  return length / MINUTE;
}

/** Writes the label of the bucket that holds a wall time (fields read as if they were UTC, ms). */
export function labelWriter(name: IntervalName): (wall: number) => string {
  const interval: Interval = INTERVALS[name];
  const write = strftime(interval.display_format);
  if (!isOfClock(interval)) return write;
  const step = stepOf(interval);
  return (wall) => write(wall - modulo(wall, step));
}

/** The interval for a range (Unix ms) when none is asked for. */
export function defaultInterval(start: number, end: number): IntervalName {
  const longest = (name: IntervalName): number => {
    const { longest_default_range: range }: Interval = INTERVALS[name];
    return range ?? -1;
  };
  return INTERVAL_NAMES.find((name) => end - start <= longest(name)) ?? 'month';
}
