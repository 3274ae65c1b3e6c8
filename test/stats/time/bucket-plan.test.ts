import { describe, expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { dateOf, buckets } from '../../../src/stats/time/buckets.ts';
import { planBuckets } from '../../../src/stats/time/bucket-plan.ts';
import { firstDay } from '../../../src/stats/time/date-periods.ts';
import {
  type DateInterval,
  type Interval,
  type IntervalName,
  INTERVALS,
  intervalMinutes,
} from '../../../src/stats/registry/intervals.ts';
import { namesOf } from '../../../src/lib/names.ts';
import { bucketStart } from '../../support/bucket-start.ts';
import { CHANGE_DAYS, ZONES, shownAt } from '../../support/local-clock.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const NEW_YORK = 'America/New_York';
const utc = (text: string): number => Date.parse(`${text}Z`);

const cases = fc.record({
  zone: fc.constantFrom(...ZONES),
  interval: fc.constantFrom(...namesOf(INTERVALS)),
  // Half of the ranges lie about a clock change.
  change: fc.oneof(
    fc.constant(undefined),
    fc.tuple(fc.constantFrom(...CHANGE_DAYS), fc.integer({ min: -3 * DAY, max: 3 * DAY })),
  ),
  anywhere: fc.integer({ min: utc('2000-01-01T00:00'), max: utc('2028-01-01T00:00') }),
  widths: fc.double({ min: 0, max: 60, noNaN: true }),
  places: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 20 }),
});

type Case = Readonly<Record<'start' | 'end', number>> & { readonly zone: string };

const chosen = ({
  zone,
  interval,
  change,
  anywhere,
  widths,
}: {
  readonly zone: string;
  readonly interval: IntervalName;
  readonly change: readonly [(typeof CHANGE_DAYS)[number], number] | undefined;
  readonly anywhere: number;
  readonly widths: number;
}): Case => {
  const start = change === undefined ? anywhere : utc(`${change[0][1]}T12:00`) + change[1];
  const end = Math.floor(start + widths * intervalMinutes(interval) * MINUTE);
  return { zone: change === undefined ? zone : change[0][0], start, end };
};

test('an explicit plan maps every instant to the start of the bucket that holds it', () => {
  fc.assert(
    fc.property(cases, ({ places, ...drawn }) => {
      const { zone, start, end } = chosen(drawn);
      const interval: Interval = INTERVALS[drawn.interval];
      const starts = Array.from(buckets(drawn.interval, { start, end }, zone), (bucket) => bucket.start);
      const plan = planBuckets(interval, { start, end }, zone, false);
      // Of the clock's, the last bucket that has begun; of days and longer, that of the same date.
      const lastBegun = (instant: number) => starts.findLast((each) => each <= instant);
      const ofDate = (dates: DateInterval) => {
        const dateAt = (instant: number) =>
          firstDay(dates, dateOf(instant, (shownAt(zone, instant) - instant) / MINUTE));
        const byDate = new Map(starts.map((each) => [dateAt(each), each]));
        return (instant: number) => byDate.get(dateAt(instant));
      };
      const expected = interval.unit === 'minute' ? lastBegun : ofDate(interval);
      const edges = starts.flatMap((edge) => [edge, edge - 1000]);
      const instants = [start, end, ...places.map((place) => start + (end - start) * place), ...edges]
        .map((instant) => Math.floor(instant / 1000) * 1000)
        .filter((instant) => instant >= start && instant <= end);
      expect(instants.map((instant) => bucketStart(plan, instant / 1000) * 1000)).toEqual(
        instants.map(expected),
      );
    }),
    { numRuns: 600 },
  );
});

test('every number is a whole one', () => {
  fc.assert(
    fc.property(cases, (drawn) => {
      const { zone, start, end } = chosen(drawn);
      const { kind: _, ...fields } = planBuckets(INTERVALS[drawn.interval], { start, end }, zone, false);
      expect(
        Object.values(fields)
          .flat()
          .every((each) => Number.isInteger(each) && each >= 0),
      ).toBe(true);
    }),
    { numRuns: 300 },
  );
});

describe('ClickHouse’s function is taken', () => {
  const own = (interval: IntervalName, from: string, to: string, zone: string): string => {
    const plan = planBuckets(INTERVALS[interval], { start: utc(from), end: utc(to) }, zone, true);
    return plan.kind === 'interval' ? `INTERVAL ${plan.length} ${plan.unit}` : plan.kind;
  };

  test.each([
    ['10_minute', 'UTC', 'INTERVAL 10 MINUTE'],
    ['10_minute', NEW_YORK, 'INTERVAL 10 MINUTE'],
    ['10_minute', 'Asia/Kathmandu', 'segments'],
    ['hour', NEW_YORK, 'INTERVAL 1 HOUR'],
    ['hour', 'Asia/Kathmandu', 'INTERVAL 1 HOUR'],
    ['hour', 'Australia/Lord_Howe', 'segments'],
    ['day', NEW_YORK, 'INTERVAL 1 DAY'],
    ['day', 'Australia/Lord_Howe', 'INTERVAL 1 DAY'],
    ['week', NEW_YORK, 'INTERVAL 1 WEEK'],
    ['month', NEW_YORK, 'INTERVAL 1 MONTH'],
  ] as const)('%s in %s for a year: %s', (interval, zone, taken) => {
    expect(own(interval, '2025-01-01T00:00', '2026-01-01T00:00', zone)).toBe(taken);
  });

  test.each([
    ['in the hours after a change by half an hour', 'hour', '2026-04-04T20:00', 'segments'],
    ['from the third day on', 'hour', '2026-04-07T00:00', 'INTERVAL 1 HOUR'],
    ['ten minutes are right all the time', '10_minute', '2026-04-04T20:00', 'INTERVAL 10 MINUTE'],
  ] as const)('Lord Howe, %s: %s at %s by %s', (_, interval, instant, taken) => {
    expect(own(interval, instant, instant, 'Australia/Lord_Howe')).toBe(taken);
  });

  const other = (interval: Pick<Interval, 'unit' | 'length' | 'origin'>): string => {
    const range = { start: utc('2026-05-01T00:00'), end: utc('2026-05-02T00:00') };
    const plan = planBuckets({ ...INTERVALS.day, ...interval }, range, NEW_YORK, true);
    return plan.kind === 'interval' ? `INTERVAL ${plan.length} ${plan.unit}` : plan.kind;
  };

  test.each([
    ['minute', 15, '1970-01-01', 'INTERVAL 15 MINUTE'],
    ['minute', 7, '1970-01-01', 'segments'],
    ['minute', 90, '1970-01-01', 'segments'],
    ['minute', 360, '1970-01-01', 'INTERVAL 6 HOUR'],
    ['minute', 300, '1970-01-01', 'segments'],
    ['day', 7, '1970-01-05', 'INTERVAL 1 WEEK'],
    ['day', 7, '1970-01-04', 'edges'],
    ['day', 2, '1970-01-01', 'edges'],
    ['month', 3, '1970-01-01', 'INTERVAL 1 QUARTER'],
    ['month', 3, '1970-02-01', 'edges'],
    ['month', 12, '1970-01-01', 'INTERVAL 1 YEAR'],
    ['month', 6, '1970-01-01', 'edges'],
  ] as const)('%s × %d from %s: %s', (unit, length, origin, taken) => {
    expect(other({ unit, length, origin })).toBe(taken);
  });
});

test('days of a date that is shown twice have edges of their own', () => {
  const range = { start: utc('2009-10-31T12:00'), end: utc('2009-11-01T12:00') };
  const seconds = (...texts: string[]) => texts.map((text) => utc(text) / 1000);
  expect(planBuckets(INTERVALS.day, range, 'America/St_Johns', false)).toEqual({
    kind: 'edges',
    edges: seconds('2009-10-31T02:30', '2009-11-01T02:30', '2009-11-01T02:31', '2009-11-01T03:30'),
    starts: seconds('2009-10-31T02:30', '2009-11-01T02:30', '2009-10-31T02:30', '2009-11-01T02:30'),
  });
});
