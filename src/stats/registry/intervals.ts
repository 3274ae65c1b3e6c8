import { namesOf } from '../../lib/names.ts';
import { DAY, MINUTE, modulo } from '../../lib/calendar.ts';
import { strftime } from '../../lib/strftime.ts';

const HOUR = 60 * MINUTE;

/** How time is cut into buckets. */
export interface Interval {
  /** Its name in answers. */
  readonly strategy: string;
  /**
   * What `length` counts. Buckets of minutes follow the local clock and begin anew where its offset changes; those of days
   * and months begin with a local day.
   */
  readonly unit: 'minute' | 'day' | 'month';
  readonly length: number;
  /** A local date on which one of the buckets begins. */
  readonly origin: string;
  /** The label of a bucket as a strftime pattern. */
  readonly display_format: string;
  /** The longest range (ms) for which it is chosen where none is asked for; undefined: it never is. */
  readonly longest_default_range: number | undefined;
}

/** Every interval, from the shortest to the longest. */
export const INTERVALS = {
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
  month: {
    strategy: 'monthly',
    unit: 'month',
    length: 1,
    origin: '1970-01-01',
    display_format: '%Y-%m',
    longest_default_range: Infinity,
  },
} as const satisfies Readonly<Record<string, Interval>>;

export type IntervalName = keyof typeof INTERVALS;

/** The intervals' names, from the shortest to the longest. */
export const INTERVAL_NAMES = namesOf(INTERVALS);

const MINUTES_OF_UNIT: Readonly<Record<Interval['unit'], number>> = { minute: 1, day: 1_440, month: 43_200 };

/** How long a bucket mostly is, in minutes; a month counts as 30 days. */
export function intervalMinutes(name: IntervalName): number {
  const { unit, length }: Interval = INTERVALS[name];
  return length * MINUTES_OF_UNIT[unit];
}

/** Writes the label of the bucket that holds a wall time (fields read as if they were UTC, ms). */
export function labelWriter(name: IntervalName): (wall: number) => string {
  const { unit, length, display_format }: Interval = INTERVALS[name];
  const write = strftime(display_format);
  if (unit !== 'minute') return write;
  return (wall) => write(wall - modulo(wall, length * MINUTE));
}

/** The interval for a range (Unix ms) when none is asked for. */
export function defaultInterval(start: number, end: number): IntervalName {
  const longest = (name: IntervalName): number => {
    const { longest_default_range: range }: Interval = INTERVALS[name];
    return range ?? -1;
  };
  return INTERVAL_NAMES.find((name) => end - start <= longest(name)) ?? 'month';
}
