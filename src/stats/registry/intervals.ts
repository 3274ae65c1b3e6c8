import { namesOf } from '../../lib/names.ts';
import { DAY, MINUTE, formatDay, isoWeek, modulo, twoDigits } from '../../lib/calendar.ts';

const HOUR = 60 * MINUTE;

/**
 * How an interval's buckets follow each other. Those of `seconds` are counted on the local clock and begin anew where
 * the offset changes; the others begin with a local day. `shift` is how many days of a period had passed at 1970-01-01.
 */
export type Stepping =
  | { readonly unit: 'seconds'; readonly length: number }
  | { readonly unit: 'days'; readonly length: number; readonly shift: number }
  | { readonly unit: 'months'; readonly length: number };

export type IntervalDefinition = {
  /** Its name in answers. */
  readonly strategy: string;
  readonly interval_minutes: number;
  /** The label as a strftime pattern. */
  readonly display_format: string;
  /** The longest range (ms) for which it is chosen when none is asked for. */
  readonly longest_default_range: number;
  readonly stepping: Stepping;
  /** The label of a bucket that holds this wall time (fields read as if they were UTC, ms). */
  readonly label: (wall: number) => string;
};

/** Every interval, from the shortest to the longest: the one place to add another. */
export const INTERVALS = {
  '10_minute': {
    strategy: '10_minute',
    interval_minutes: 10,
    display_format: '%Y-%m-%d %H:%M',
    longest_default_range: HOUR,
    stepping: { unit: 'seconds', length: 600 },
    label: (wall) => `${hourOf(wall)}:${twoDigits(Math.floor(modulo(wall, HOUR) / (10 * MINUTE)) * 10)}`,
  },
  hour: {
    strategy: 'hourly',
    interval_minutes: 60,
    display_format: '%Y-%m-%d %H:00',
    longest_default_range: DAY,
    stepping: { unit: 'seconds', length: 3600 },
    label: (wall) => `${hourOf(wall)}:00`,
  },
  day: {
    strategy: 'daily',
    interval_minutes: 1440,
    display_format: '%Y-%m-%d',
    longest_default_range: 90 * DAY,
    stepping: { unit: 'days', length: 1, shift: 0 },
    label: dayOf,
  },
  week: {
    strategy: 'weekly',
    interval_minutes: 10_080,
    display_format: '%G-W%V',
    longest_default_range: 366 * DAY,
    // Weeks begin on Mondays, and 1970-01-01 was a Thursday.
    stepping: { unit: 'days', length: 7, shift: 3 },
    label: (wall) => {
      const { year, week } = isoWeek(Math.floor(wall / DAY));
      return `${String(year).padStart(4, '0')}-W${twoDigits(week)}`;
    },
  },
  month: {
    strategy: 'monthly',
    interval_minutes: 43_200,
    display_format: '%Y-%m',
    longest_default_range: Infinity,
    stepping: { unit: 'months', length: 1 },
    label: (wall) => dayOf(wall).slice(0, -3),
  },
} as const satisfies Readonly<Record<string, IntervalDefinition>>;

export type IntervalName = keyof typeof INTERVALS;

/** The intervals' names, from the shortest to the longest. */
export const INTERVAL_NAMES = namesOf(INTERVALS);

/** The interval for a range (Unix ms) when none is asked for. */
export function defaultInterval(start: number, end: number): IntervalName {
  return INTERVAL_NAMES.find((name) => end - start <= INTERVALS[name].longest_default_range) ?? 'month';
}

function dayOf(wall: number): string {
  return formatDay(Math.floor(wall / DAY));
}

function hourOf(wall: number): string {
  return `${dayOf(wall)} ${twoDigits(Math.floor(modulo(wall, DAY) / HOUR))}`;
}
