import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { DateTime } from 'luxon';
import {
  type Bucket,
  bucketStart,
  buckets,
  countBuckets,
  planBuckets,
} from '../../../src/stats/time/buckets.ts';
import { INTERVAL_NAMES, type IntervalName } from '../../../src/stats/registry/intervals.ts';
import { CHANGE_DAYS, ZONES, shownAt } from '../../support/local-clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NEW_YORK = 'America/New_York';
const utc = (text: string): number => Date.parse(`${text}Z`);

const WIDTH: Record<IntervalName, number> = {
  '10_minute': 10 * MINUTE,
  hour: HOUR,
  day: DAY,
  week: 7 * DAY,
  month: 30 * DAY,
};

const LABEL: Record<IntervalName, (wall: Date) => string> = {
  '10_minute': (wall) => `${wall.toISOString().slice(0, 15).replace('T', ' ')}0`,
  hour: (wall) => `${wall.toISOString().slice(0, 13).replace('T', ' ')}:00`,
  day: (wall) => wall.toISOString().slice(0, 10),
  week: (wall) => DateTime.fromJSDate(wall, { zone: 'utc' }).toISOWeekDate()?.slice(0, 8) ?? '',
  month: (wall) => wall.toISOString().slice(0, 7),
};

/**
 * By scan: a bucket begins where the clock's label changes and, for the intervals of the clock, where the offset does.
 * From the last one that begins at or before `range.start`.
 */
function scanBuckets(interval: IntervalName, range: { start: number; end: number }, zone: string): Bucket[] {
  const byClock = interval === '10_minute' || interval === 'hour';
  // Casey's clock changed at 00:01, the others' at a quarter of an hour.
  const step = zone === 'Antarctica/Casey' ? MINUTE : byClock ? 5 * MINUTE : 15 * MINUTE;
  const from = Math.floor((range.start - 1.2 * WIDTH[interval] - 2 * DAY) / step) * step;
  let found: Bucket[] = [];
  let previous: Bucket | undefined;
  for (let start = from; start <= range.end; start += step) {
    const wall = shownAt(zone, start);
    const bucket = {
      start,
      offset: (wall - start) / MINUTE,
      label: LABEL[interval](new Date(wall)),
    };
    if (
      previous !== undefined &&
      (bucket.label !== previous.label || (byClock && bucket.offset !== previous.offset))
    ) {
      found = start <= range.start ? [bucket] : [...found, bucket];
    }
    previous = bucket;
  }
  return found;
}

describe('buckets are what a scan of the clock sees', () => {
  describe.each(CHANGE_DAYS)('%s around %s', (zone, date) => {
    test.each([
      ['10_minute', -14.3, 33],
      ['10_minute', 11.9, 16],
      ['hour', -14.3, 40],
      ['hour', 2.2, 30],
      ['day', -30, 60],
      ['week', -24 * 9, 24 * 16],
      ['month', -24 * 2, 24 * 3],
    ] as const)('%s', (interval, fromHours, toHours) => {
      const midnight = utc(`${date}T00:00`);
      const range = { start: midnight + fromHours * HOUR, end: midnight + toHours * HOUR };
      expect([...buckets(interval, range, zone)]).toEqual(scanBuckets(interval, range, zone));
    });
  });

  test('wherever an hour of the change days is asked for alone', () => {
    for (const [zone, date] of CHANGE_DAYS) {
      const noon = utc(`${date}T12:00`);
      const all = scanBuckets('hour', { start: noon - 30 * HOUR, end: noon + 30 * HOUR }, zone);
      for (let instant = noon - 26 * HOUR; instant < noon + 26 * HOUR; instant += 17 * MINUTE) {
        const expected = all.findLast(({ start }) => start <= instant);
        expect([...buckets('hour', { start: instant, end: instant }, zone)]).toEqual([expected]);
      }
    }
  });
});

function hoursOf(zone: string, start: string, end: string): Bucket[] {
  return [...buckets('hour', { start: utc(start), end: utc(end) - 1 }, zone)];
}

function daysOf(zone: string, start: string, end: string): string[] {
  return Array.from(buckets('day', { start: utc(start), end: utc(end) }, zone), (bucket) =>
    [bucket.label, new Date(bucket.start).toISOString().slice(0, 16), bucket.offset].join(' '),
  );
}

describe('days with a clock change', () => {
  test('23 and 25 hours in New York', () => {
    expect(hoursOf(NEW_YORK, '2026-03-08T05:00', '2026-03-09T04:00')).toHaveLength(23);
    const autumn = hoursOf(NEW_YORK, '2026-11-01T04:00', '2026-11-02T05:00');
    expect(autumn).toHaveLength(25);
    expect(autumn.filter(({ label }) => label === '2026-11-01 01:00')).toEqual([
      { start: utc('2026-11-01T05:00'), offset: -240, label: '2026-11-01 01:00' },
      { start: utc('2026-11-01T06:00'), offset: -300, label: '2026-11-01 01:00' },
    ]);
  });

  test('half an hour in Lord Howe: a new bucket where the offset changes', () => {
    // 2026-04-05 at 02:00 +11:00 the clock goes back to 01:30 +10:30.
    const range = { start: utc('2026-04-04T14:30'), end: utc('2026-04-04T16:00') };
    expect([...buckets('hour', range, 'Australia/Lord_Howe')]).toEqual([
      { start: utc('2026-04-04T14:00'), offset: 660, label: '2026-04-05 01:00' },
      { start: utc('2026-04-04T15:00'), offset: 630, label: '2026-04-05 01:00' },
      { start: utc('2026-04-04T15:30'), offset: 630, label: '2026-04-05 02:00' },
    ]);
  });

  test('a skipped midnight, a skipped day, a midnight that happens twice', () => {
    expect(daysOf('America/Sao_Paulo', '2018-11-04T02:59', '2018-11-05T02:00')).toEqual([
      '2018-11-03 2018-11-03T03:00 -180',
      '2018-11-04 2018-11-04T03:00 -120',
      '2018-11-05 2018-11-05T02:00 -120',
    ]);
    expect(daysOf('Pacific/Apia', '2011-12-30T09:00', '2011-12-31T10:00')).toEqual([
      '2011-12-29 2011-12-29T10:00 -600',
      '2011-12-31 2011-12-30T10:00 840',
      '2012-01-01 2011-12-31T10:00 840',
    ]);
    expect(daysOf('America/Havana', '2026-11-01T05:30', '2026-11-02T05:00')).toEqual([
      '2026-11-01 2026-11-01T04:00 -240',
      '2026-11-02 2026-11-02T05:00 -300',
    ]);
  });

  test('clocks set back from just past midnight: days still touch and do not overlap', () => {
    // St. John’s, 2010-11-07 at 00:01: back to 23:01 of the day before.
    for (const start of [utc('2010-11-07T02:29'), utc('2010-11-07T02:30'), utc('2010-11-07T03:00')]) {
      const found = [...buckets('day', { start, end: utc('2010-11-08T12:00') }, 'America/St_Johns')];
      expect(found.map(({ label }) => label)).toEqual(
        ['2010-11-06', '2010-11-07', '2010-11-08'].slice(start < utc('2010-11-07T02:30') ? 0 : 1),
      );
      expect(found.find(({ label }) => label === '2010-11-07')?.start).toBe(utc('2010-11-07T02:30'));
    }
  });
});

test('ten-minute buckets of 26 years come one at a time', () => {
  const all = buckets('10_minute', { start: utc('2000-01-01T00:00'), end: utc('2026-01-01T00:00') }, 'UTC');
  expect([all.next().value, all.next().value]).toEqual([
    { start: utc('2000-01-01T00:00'), offset: 0, label: '2000-01-01 00:00' },
    { start: utc('2000-01-01T00:10'), offset: 0, label: '2000-01-01 00:10' },
  ]);
});

describe('countBuckets', () => {
  test.each([
    ['10_minute', 10, 11],
    ['hour', 0, 1],
    ['hour', 1000, 25],
    ['hour', 25, 25],
    ['hour', 24, 25],
    ['day', 1000, 2],
    ['month', 1000, 1],
  ] as const)('%s, at most %d: %d', (interval, cap, count) => {
    const range = { start: utc('2026-01-24T00:00'), end: utc('2026-01-25T00:00') };
    expect(countBuckets(interval, range, 'UTC', cap)).toBe(count);
  });
});

describe('plans', () => {
  const cases = fc.record({
    zone: fc.constantFrom(...ZONES),
    interval: fc.constantFrom(...INTERVAL_NAMES),
    // Half of the ranges lie about a clock change.
    start: fc.oneof(
      fc.integer({ min: utc('2000-01-01T00:00'), max: utc('2028-01-01T00:00') }),
      fc
        .tuple(fc.constantFrom(...CHANGE_DAYS), fc.integer({ min: -3 * DAY, max: 3 * DAY }))
        .map(([[, date], distance]) => utc(`${date}T12:00`) + distance),
    ),
    widths: fc.double({ min: 0, max: 60, noNaN: true }),
    places: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 20 }),
  });

  test('map every instant to the start of the bucket that holds it', () => {
    fc.assert(
      fc.property(cases, ({ zone, interval, start, widths, places }) => {
        const end = Math.floor(start + widths * WIDTH[interval]);
        const starts = Array.from(buckets(interval, { start, end }, zone), (bucket) => bucket.start);
        const plan = planBuckets(interval, { start, end }, zone);
        const edges = starts.flatMap((edge) => [edge, edge - 1000]);
        const instants = [start, end, ...places.map((place) => start + (end - start) * place), ...edges];
        const within = instants.filter((instant) => instant >= start && instant <= end);
        expect(within.map((instant) => bucketStart(plan, Math.floor(instant / 1000)) * 1000)).toEqual(
          within.map((instant) => starts.findLast((each) => each <= instant)),
        );
      }),
      { numRuns: 3000 },
    );
  });

  test('every number is a whole one', () => {
    fc.assert(
      fc.property(cases, ({ zone, interval, start, widths }) => {
        const plan = planBuckets(interval, { start, end: start + widths * WIDTH[interval] }, zone);
        const { kind: _, ...fields } = plan;
        expect(
          Object.values(fields)
            .flat()
            .every((each) => Number.isInteger(each) && each >= 0),
        ).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  const kindOf = (interval: IntervalName, start: string, end: string, zone: string): string =>
    planBuckets(interval, { start: utc(start), end: utc(end) }, zone).kind;

  test.each([
    ['10_minute', 'UTC', 'step'],
    ['week', 'UTC', 'step'],
    ['month', 'UTC', 'edges'],
    ['hour', 'Asia/Kathmandu', 'step'],
    ['10_minute', NEW_YORK, 'segments'],
    ['hour', NEW_YORK, 'segments'],
    ['day', NEW_YORK, 'edges'],
    ['week', NEW_YORK, 'edges'],
  ] as const)('a year of %s in %s: %s', (interval, zone, kind) => {
    expect(kindOf(interval, '2025-01-01T00:00', '2026-01-01T00:00', zone)).toBe(kind);
  });

  test.each([
    ['the week’s Monday lies after the change', 'week', NEW_YORK, '2026-03-09T12:00', 'step'],
    ['the week’s Monday lies before the change', 'week', NEW_YORK, '2026-03-08T12:00', 'edges'],
    ['the day’s first midnight lies before the change', 'day', 'America/Havana', '2026-11-01T06:00', 'edges'],
    ['the day begins at 01:00', 'day', 'America/Sao_Paulo', '2018-11-04T12:00', 'edges'],
    ['the hour begins at half past', 'hour', 'Australia/Lord_Howe', '2026-04-04T15:10', 'segments'],
    ['the next hour', 'hour', 'Australia/Lord_Howe', '2026-04-04T15:30', 'step'],
  ] as const)('%s: %s in %s at %s is %s', (_, interval, zone, instant, kind) => {
    expect(kindOf(interval, instant, instant, zone)).toBe(kind);
  });

  test('of kind step, as they read in SQL', () => {
    const range = { start: utc('2026-01-01T00:00'), end: utc('2026-02-01T00:00') };
    expect(planBuckets('week', range, 'UTC')).toEqual({ kind: 'step', step: 604_800, shift: 259_200 });
    expect(planBuckets('day', range, NEW_YORK)).toEqual({ kind: 'step', step: 86_400, shift: 19 * 3600 });
  });
});
