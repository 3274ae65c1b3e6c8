import { DAY, MINUTE, dayNumber, modulo } from '../../lib/calendar.ts';
import { firstInstantOfDay, offsetAt, segments, wallOf } from '../../lib/time-zone.ts';
import { type Interval, type IntervalName, INTERVALS, labelWriter } from '../registry/intervals.ts';

export type Bucket = {
  /** Its first instant (Unix ms). */
  readonly start: number;
  /** Minutes east of UTC at `start`. */
  readonly offset: number;
  /** Its name for people; two buckets may share one where clocks are set back. */
  readonly label: string;
};

/** Two instants (Unix ms), both included; neither before 2000. */
export type TimeRange = { readonly start: number; readonly end: number };

/**
 * Every bucket from the one that holds the range's start to the one that holds its end, in order and without gaps,
 * made one at a time. Hours and shorter ones follow the local clock and begin anew where the offset changes; longer
 * ones begin at the first instant of a local day, and a day that the zone skipped has none.
 */
export function buckets(interval: IntervalName, range: TimeRange, zone: string): Generator<Bucket> {
  const definition: Interval = INTERVALS[interval];
  const label = labelWriter(interval);
  return definition.unit === 'minute'
    ? clockBuckets(definition.length * MINUTE, label, range, zone)
    : calendarBuckets(definition, label, range, zone);
}

/** How many buckets there are, but no more than `cap` + 1. */
export function countBuckets(interval: IntervalName, range: TimeRange, zone: string, cap: number): number {
  const all = buckets(interval, range, zone);
  let count = 0;
  while (count <= cap && all.next().done !== true) count++;
  return count;
}

function* clockBuckets(
  step: number,
  label: (wall: number) => string,
  range: TimeRange,
  zone: string,
): Generator<Bucket> {
  const periods = segments(zone, range.start, range.end);
  for (const [index, { start: change, offset }] of periods.entries()) {
    const first = Math.max(change, range.start);
    const end = Math.min(periods[index + 1]?.start ?? Infinity, range.end + 1);
    let aligned = first - modulo(wallOf(first, offset), step);
    while (aligned < end) {
      const start = Math.max(change, aligned);
      yield { start, offset, label: label(wallOf(start, offset)) };
      aligned += step;
    }
  }
}

function* calendarBuckets(
  interval: Interval,
  label: (wall: number) => string,
  range: TimeRange,
  zone: string,
): Generator<Bucket> {
  let day = firstDay(interval, Math.floor(wallOf(range.start, offsetAt(zone, range.start)) / DAY));
  let start = firstInstantOfDay(zone, day);
  while (start <= range.end) {
    const nextDay = firstDayAfter(interval, day);
    const next = firstInstantOfDay(zone, nextDay);
    // A day that the zone skipped begins where the next one does. And clocks set back just past midnight show the
    // day before once more, at a time that lies in the next day's bucket.
    if (next > start && next > range.start) {
      yield { start, offset: offsetAt(zone, start), label: label(day * DAY) };
    }
    day = nextDay;
    start = next;
  }
}

/** The first day of the period that holds `day` (days since 1970-01-01). */
function firstDay({ unit, length, origin }: Interval, day: number): number {
  if (unit === 'day') return day - modulo(day - dayOf(origin), length);
  const months = monthOf(day);
  return firstOfMonth(months - modulo(months - monthOf(dayOf(origin)), length));
}

/** The first day of the period after the one that begins on `day`. */
function firstDayAfter({ unit, length }: Interval, day: number): number {
  return unit === 'day' ? day + length : firstOfMonth(monthOf(day) + length);
}

/** Days since 1970-01-01. */
function dayOf(date: string): number {
  return Date.parse(date) / DAY;
}

/** Months since January 1970. */
function monthOf(day: number): number {
  const date = new Date(day * DAY);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

function firstOfMonth(month: number): number {
  return dayNumber(1970, month + 1, 1);
}

/**
 * From an instant to the start of its bucket, as SQL can reckon it. All numbers are Unix seconds or seconds; it holds
 * for instants of the range it was made for.
 */
export type BucketPlan =
  /** One offset all through: start = t − (t + shift) mod step. */
  | { readonly kind: 'step'; readonly step: number; readonly shift: number }
  /**
   * The offset changes: in the last segment with starts[i] ≤ t, start = max(starts[i], t − (t + shifts[i]) mod step).
   */
  | {
      readonly kind: 'segments';
      readonly step: number;
      readonly starts: readonly number[];
      readonly shifts: readonly number[];
    }
  /** The buckets' starts: start = the last edge ≤ t. */
  | { readonly kind: 'edges'; readonly edges: readonly number[] };

/** The plan for the buckets that `buckets` makes of the same range. */
export function planBuckets(interval: IntervalName, range: TimeRange, zone: string): BucketPlan {
  const { unit, length, origin }: Interval = INTERVALS[interval];
  if (unit === 'month') return edgesPlan(interval, range, zone);
  const step = (length * (unit === 'minute' ? MINUTE : DAY)) / 1000;
  const anchor = -dayOf(origin) * (DAY / 1000);
  const first = firstStart(interval, range, zone);
  const periods = segments(zone, first, range.end);
  const shifts = periods.map(({ offset }) => modulo(offset * (MINUTE / 1000) + anchor, step));
  const [shift] = shifts;
  // With one offset all through, the first bucket may still begin with a clock change, off the step's grid.
  if (shifts.length === 1 && shift !== undefined && modulo(first / 1000 + shift, step) === 0) {
    return { kind: 'step', step, shift };
  }
  if (unit === 'day') return edgesPlan(interval, range, zone);
  return { kind: 'segments', step, starts: periods.map(({ start }) => start / 1000), shifts };
}

/** What a plan means: the start (Unix seconds) of the bucket that holds an instant (Unix seconds). */
export function bucketStart(plan: BucketPlan, seconds: number): number {
  if (plan.kind === 'step') return seconds - modulo(seconds + plan.shift, plan.step);
  const starts = plan.kind === 'segments' ? plan.starts : plan.edges;
  const index = Math.max(
    0,
    starts.findLastIndex((start) => start <= seconds),
  );
  const start = starts[index] ?? seconds;
  if (plan.kind === 'edges') return start;
  return Math.max(start, seconds - modulo(seconds + (plan.shifts[index] ?? 0), plan.step));
}

function edgesPlan(interval: IntervalName, range: TimeRange, zone: string): BucketPlan {
  return { kind: 'edges', edges: Array.from(buckets(interval, range, zone), ({ start }) => start / 1000) };
}

function firstStart(interval: IntervalName, range: TimeRange, zone: string): number {
  for (const { start } of buckets(interval, range, zone)) return start;
  return range.start;
}
