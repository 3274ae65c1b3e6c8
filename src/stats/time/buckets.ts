import { DAY, modulo } from '../../lib/calendar.ts';
import { dayStarts, segments, wallOf } from '../../lib/time-zone.ts';
import {
  type DateInterval,
  type Interval,
  type IntervalName,
  INTERVALS,
  isOfClock,
  labelWriter,
  stepOf,
} from '../registry/intervals.ts';
import { daysOf, firstDay, firstDayAfter } from './date-periods.ts';

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

/** A bucket without its label. */
type Slot = Omit<Bucket, 'label'> & {
  /** A local time in the bucket, its fields read as if they were UTC (ms): what the label is made of. */
  readonly wall: number;
};

/**
 * Every bucket that has an instant of the range, in the order of their starts, made one at a time. Those of minutes follow
 * the local clock and begin again where the offset changes. Those of days and months hold the instants of their local dates:
 * a date that the zone skipped has no bucket, and where clocks are set back past midnight, the last instants of a bucket
 * come after the first ones of the next.
 */
export function* buckets(interval: IntervalName, range: TimeRange, zone: string): Generator<Bucket> {
  const label = labelWriter(interval);
  for (const { start, offset, wall } of slots(INTERVALS[interval], range, zone)) {
    yield { start, offset, label: label(wall) };
  }
}

/** Whether a range has more than `cap` buckets. */
export function hasMoreBuckets(interval: IntervalName, range: TimeRange, zone: string, cap: number): boolean {
  const definition: Interval = INTERVALS[interval];
  const [fewest, most] = boundsOfCount(definition, range);
  if (fewest > cap) return true;
  if (most <= cap) return false;
  let count = 0;
  for (const _ of slots(definition, range, zone)) if (++count > cap) return true;
  return false;
}

/** A range begins and ends within buckets, its ends may differ in their offset by a day, and a zone may skip a date. */
const ODD_BUCKETS = 4;

/** How many buckets there are at least and at most, without a look at the zone, whose clock changes take long to find. */
function boundsOfCount(interval: Interval, { start, end }: TimeRange): readonly [number, number] {
  const span = end + 1 - start;
  if (isOfClock(interval)) {
    // A bucket is cut in two where the offset changes, which no zone does twice in a week.
    return [span / stepOf(interval), span / stepOf(interval) + span / (7 * DAY) + ODD_BUCKETS];
  }
  const { most, least } = daysOf(interval);
  return [span / (most * DAY) - ODD_BUCKETS, span / (least * DAY) + ODD_BUCKETS];
}

function slots(interval: Interval, range: TimeRange, zone: string): Generator<Slot> {
  return isOfClock(interval) ? clockSlots(stepOf(interval), range, zone) : dateSlots(interval, range, zone);
}

function* clockSlots(step: number, range: TimeRange, zone: string): Generator<Slot> {
  for (const { from, to, offset, change } of stretches(range, zone)) {
    for (let at = from - modulo(wallOf(from, offset), step); at <= to; at += step) {
      const start = Math.max(change, at);
      yield { start, offset, wall: wallOf(start, offset) };
    }
  }
}

/** Buckets that follow each other in steps (ms), the first of which begins at `start` (Unix ms). */
export interface BucketRun {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** The buckets of an interval of minutes, as few runs as there are clock changes. @param step a bucket's length (ms) */
function* clockRuns(step: number, range: TimeRange, zone: string): Generator<BucketRun> {
  for (const { from, to, offset, change } of stretches(range, zone)) {
    const first = from - modulo(wallOf(from, offset), step);
    // One that the change has cut begins with it.
    if (first < change) yield { start: change, step, count: 1 };
    const start = first < change ? first + step : first;
    if (start <= to) yield { start, step, count: Math.floor((to - start) / step) + 1 };
  }
}

/** All buckets of a range in runs, of which those of days or months hold one bucket each. */
export function* bucketRuns(interval: Interval, range: TimeRange, zone: string): Generator<BucketRun> {
  if (isOfClock(interval)) yield* clockRuns(stepOf(interval), range, zone);
  else for (const { start } of dateSlots(interval, range, zone)) yield { start, step: 0, count: 1 };
}

/** The buckets of an interval of days or months; `wall` is the midnight of the first date. */
export function* dateSlots(interval: DateInterval, range: TimeRange, zone: string): Generator<Slot> {
  const dates = stretches(range, zone).flatMap(({ from, to, offset }) => [
    dateOf(from, offset),
    dateOf(to, offset),
  ]);
  const last = Math.max(...dates);
  let day = firstDay(interval, Math.min(...dates));
  const startOf = dayStarts(zone, day, firstDayAfter(interval, firstDay(interval, last)));
  let first = startOf(day);
  while (day <= last) {
    const nextDay = firstDayAfter(interval, day);
    const next = startOf(nextDay);
    // A date that the zone skipped begins where the next one does.
    if (next.start > first.start) yield { start: first.start, offset: first.offset, wall: day * DAY };
    day = nextDay;
    first = next;
  }
}

/** A part of a range in which the offset stays the same. */
type Stretch = {
  /** Its first and its last instant (Unix ms). */
  readonly from: number;
  readonly to: number;
  /** Minutes east of UTC. */
  readonly offset: number;
  /** When the offset began (Unix ms); if that is long ago, some instant days before the range. */
  readonly change: number;
};

/** A range cut where the zone's offset changes. */
export function stretches(range: TimeRange, zone: string): readonly Stretch[] {
  const periods = segments(zone, range.start, range.end);
  return periods.map(({ start, offset }, index) => ({
    from: Math.max(start, range.start),
    to: Math.min((periods[index + 1]?.start ?? Infinity) - 1, range.end),
    offset,
    change: start,
  }));
}

/** The date that a clock `offset` minutes east of UTC shows at an instant (days since 1970-01-01). */
export function dateOf(instant: number, offset: number): number {
  return Math.floor(wallOf(instant, offset) / DAY);
}
