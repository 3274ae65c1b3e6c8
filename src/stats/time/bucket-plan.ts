import { DAY, MINUTE, modulo } from '../../lib/calendar.ts';
import { segments } from '../../lib/time-zone.ts';
import { type DateInterval, type Interval, isOfClock, stepOf } from '../registry/intervals.ts';
import { assertNever } from '../../errors.ts';
import { type TimeRange, dateOf, dateSlots, stretches } from './buckets.ts';
import { dayOf, firstDay, firstDayAfter, monthOf } from './date-periods.ts';

/** ClickHouse's units of intervals. */
export type IntervalUnit = 'MINUTE' | 'HOUR' | 'DAY' | 'WEEK' | 'MONTH' | 'QUARTER' | 'YEAR';

/** An interval as ClickHouse names it, such as `INTERVAL 10 MINUTE`. */
type ClickHouseInterval = { readonly length: number; readonly unit: IntervalUnit };

/**
 * From an instant to the start of its bucket, as SQL can work it out. All numbers are Unix seconds or seconds; it holds
 * for instants of the range it was made for.
 */
export type BucketPlan =
  /** ClickHouse's function: start = toStartOfInterval(t, INTERVAL length unit, zone). */
  | ({ readonly kind: 'interval'; readonly zone: string } & ClickHouseInterval)
  /** In the last segment with starts[i] ≤ t, start = max(starts[i], t − (t + shifts[i]) mod step). */
  | {
      readonly kind: 'segments';
      readonly step: number;
      readonly starts: readonly number[];
      readonly shifts: readonly number[];
    }
  /** For the last edge with edges[i] ≤ t, start = starts[i]. */
  | { readonly kind: 'edges'; readonly edges: readonly number[]; readonly starts: readonly number[] };

/**
 * The plan for the buckets that `buckets` makes of the same range: ClickHouse's function where it makes the same ones.
 * @param sameClock whether ClickHouse shows the zone's local time as Node does, in the range and two days before it
 */
export function planBuckets(
  interval: Interval,
  range: TimeRange,
  zone: string,
  sameClock: boolean,
): BucketPlan {
  const inClickHouse = clickHouseInterval(interval);
  if (sameClock && inClickHouse !== undefined && isRightInClickHouse(interval, range, zone)) {
    return { kind: 'interval', ...inClickHouse, zone };
  }
  return isOfClock(interval)
    ? segmentsPlan(stepOf(interval) / 1000, range, zone)
    : edgesPlan(interval, range, zone);
}

/** undefined where ClickHouse has no such interval, or none whose buckets begin at the same times. */
function clickHouseInterval(interval: Interval): ClickHouseInterval | undefined {
  if (!isOfClock(interval)) return clickHouseDates(interval);
  const minutes = stepOf(interval) / MINUTE;
  if (minutes % 60 === 0) return { length: minutes / 60, unit: 'HOUR' };
  return minutes < 60 && Number.isInteger(minutes) ? { length: minutes, unit: 'MINUTE' } : undefined;
}

function clickHouseDates({ unit, length, origin }: DateInterval): ClickHouseInterval | undefined {
  switch (unit) {
    case 'day':
      if (length === 1) return { length, unit: 'DAY' };
      return length === 7 && modulo(dayOf(origin), 7) === MONDAY ? { length: 1, unit: 'WEEK' } : undefined;
    case 'month':
      if (monthOf(dayOf(origin)) % length !== 0) return undefined;
      if (length === 1) return { length, unit: 'MONTH' };
      if (length === 3) return { length: 1, unit: 'QUARTER' };
      return length === 12 ? { length: 1, unit: 'YEAR' } : undefined;
    default:
      return assertNever(unit);
  }
}

/** 1970-01-05 was one. */
const MONDAY = 4;

/**
 * Where `toStartOfInterval` makes our buckets of a clock that shows the same (26.7, tried in all zones since 2000):
 * - Minutes are counted from UTC's midnight, so every offset must be a multiple of them, and so must every change.
 * - Hours are counted from the local midnight. A change within the day is allowed for if it is by whole hours, at a whole
 *   hour. Several hours together go wrong on the day of any change.
 * - Days, weeks, months, quarters and years are right.
 */
function isRightInClickHouse(interval: Interval, { start, end }: TimeRange, zone: string): boolean {
  if (!isOfClock(interval)) return true;
  const length = stepOf(interval) / MINUTE;
  // A change goes on to matter until the next midnight.
  const periods = segments(zone, start - 2 * DAY, end);
  const offsets = periods.map(({ offset }) => offset);
  const changes = periods.slice(1).map(({ start: change }) => change / MINUTE);
  if (length < 60) return [...offsets, ...changes].every((each) => each % length === 0);
  if (length > 60) return changes.length === 0 && 1440 % length === 0;
  const [before = 0] = offsets;
  return (
    offsets.every((offset) => (offset - before) % 60 === 0) &&
    changes.every((change) => (change + before) % 60 === 0)
  );
}

function segmentsPlan(step: number, range: TimeRange, zone: string): BucketPlan {
  const periods = segments(zone, range.start - step * 1000, range.end);
  return {
    kind: 'segments',
    step,
    starts: periods.map(({ start }) => start / 1000),
    shifts: periods.map(({ offset }) => modulo(offset * (MINUTE / 1000), step)),
  };
}

function edgesPlan(interval: DateInterval, range: TimeRange, zone: string): BucketPlan {
  const startOf = new Map<number, number>();
  for (const { wall, start } of dateSlots(interval, range, zone)) startOf.set(wall / DAY, start / 1000);
  const edges: number[] = [];
  const starts: number[] = [];
  for (const { from, to, offset } of stretches(range, zone)) {
    const last = dateOf(to, offset);
    for (
      let day = firstDay(interval, dateOf(from, offset));
      day <= last;
      day = firstDayAfter(interval, day)
    ) {
      const start = startOf.get(day);
      if (start === undefined || start === starts.at(-1)) continue;
      edges.push(edges.length === 0 ? start : Math.max(from, day * DAY - offset * MINUTE) / 1000);
      starts.push(start);
    }
  }
  return { kind: 'edges', edges, starts };
}
