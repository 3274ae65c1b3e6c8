import { describe, expect, test } from '@jest/globals';
import { DateTime } from 'luxon';
import { type Bucket, buckets, hasMoreBuckets } from '../../../src/stats/time/buckets.ts';
import { INTERVALS, type IntervalName } from '../../../src/stats/registry/intervals.ts';
import { namesOf } from '../../../src/lib/names.ts';
import { CHANGE_DAYS, shownAt } from '../../support/local-clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NEW_YORK = 'America/New_York';
const utc = (text: string): number => Date.parse(`${text}Z`);

const WIDTH: Record<IntervalName, number> = {
  minute: MINUTE,
  '10_minute': 10 * MINUTE,
  hour: HOUR,
  day: DAY,
  week: 7 * DAY,
  sunday_week: 7 * DAY,
  month: 30 * DAY,
  quarter: 91 * DAY,
  year: 365 * DAY,
};

const LABEL: Record<IntervalName, (wall: Date) => string> = {
  minute: (wall) => wall.toISOString().slice(0, 16).replace('T', ' '),
  '10_minute': (wall) => `${wall.toISOString().slice(0, 15).replace('T', ' ')}0`,
  hour: (wall) => `${wall.toISOString().slice(0, 13).replace('T', ' ')}:00`,
  day: (wall) => wall.toISOString().slice(0, 10),
  week: (wall) => DateTime.fromJSDate(wall, { zone: 'utc' }).toISOWeekDate()?.slice(0, 8) ?? '',
  sunday_week: (wall) => new Date(wall.getTime() - wall.getUTCDay() * DAY).toISOString().slice(0, 10),
  month: (wall) => wall.toISOString().slice(0, 7),
  quarter: (wall) => `${wall.getUTCFullYear()}-Q${Math.ceil((wall.getUTCMonth() + 1) / 3)}`,
  year: (wall) => String(wall.getUTCFullYear()),
};

/**
 * By scan: the buckets that instants of the range are in, each with its first instant. Instants are in one bucket if the
 * clock's label is the same; for the intervals of the clock, a new bucket also begins where the offset changes.
 */
function scanBuckets(interval: IntervalName, range: { start: number; end: number }, zone: string): Bucket[] {
  const byClock = WIDTH[interval] < DAY;
  const step = byClock ? Math.min(5 * MINUTE, WIDTH[interval]) : 15 * MINUTE;
  const from = Math.floor((range.start - 1.2 * WIDTH[interval] - 2 * DAY) / step) * step;
  const firsts = new Map<string, Bucket>();
  const found = new Set<Bucket>();
  let [runs, previous] = [0, Number.NaN];
  const look = (start: number, end: number, wall = shownAt(zone, start)): void => {
    const offset = (wall - start) / MINUTE;
    if (offset !== previous) runs++;
    previous = offset;
    const label = LABEL[interval](new Date(wall));
    const key = byClock ? `${label} ${runs}` : label;
    const bucket = firsts.get(key) ?? { start, offset, label };
    firsts.set(key, bucket);
    if (end > range.start && start <= range.end) found.add(bucket);
  };
  let wall = shownAt(zone, from);
  for (let start = from; start <= range.end; start += step) {
    const next = shownAt(zone, start + step);
    // Some clocks changed at 00:01.
    if (next - wall !== step) for (let at = start; at < start + step; at += MINUTE) look(at, at + MINUTE);
    else look(start, start + step, wall);
    wall = next;
  }
  return [...found].toSorted((one, other) => one.start - other.start);
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
      ['sunday_week', -24 * 9, 24 * 16],
      ['month', -24 * 2, 24 * 3],
    ] as const)('%s', (interval, fromHours, toHours) => {
      const midnight = utc(`${date}T00:00`);
      const range = { start: midnight + fromHours * HOUR, end: midnight + toHours * HOUR };
      expect([...buckets(interval, range, zone)]).toEqual(scanBuckets(interval, range, zone));
    });
  });

  // Scanning for these takes long, so that they are tried on a few of the days.
  test.each(CHANGE_DAYS.filter((_, index) => index % 6 === 0))('%s around %s: others', (zone, date) => {
    const midnight = utc(`${date}T00:00`);
    const others = { minute: 14 * HOUR, quarter: 60 * DAY, year: 60 * DAY } as const;
    for (const interval of namesOf(others)) {
      const range = { start: midnight - others[interval], end: midnight + others[interval] };
      expect([...buckets(interval, range, zone)]).toEqual(scanBuckets(interval, range, zone));
    }
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

  test('clocks set back to the day before: each bucket has the instants of its date', () => {
    // St. John’s, 2009-11-01 at 00:01: back to 23:01 of the day before.
    const days = (start: string, end: string) => daysOf('America/St_Johns', start, end);
    const before = '2009-10-31 2009-10-31T02:30 -150';
    const after = '2009-11-01 2009-11-01T02:30 -150';
    expect(days('2009-11-01T02:29', '2009-11-01T02:29')).toEqual([before]);
    expect(days('2009-11-01T02:30', '2009-11-01T02:30')).toEqual([after]);
    expect(days('2009-11-01T02:45', '2009-11-01T03:29')).toEqual([before]);
    expect(days('2009-11-01T02:30', '2009-11-01T02:45')).toEqual([before, after]);
    expect(days('2009-11-01T03:30', '2009-11-01T12:00')).toEqual([after]);
  });
});

test('ten-minute buckets of 26 years come one at a time', () => {
  const all = buckets('10_minute', { start: utc('2000-01-01T00:00'), end: utc('2026-01-01T00:00') }, 'UTC');
  expect([all.next().value, all.next().value]).toEqual([
    { start: utc('2000-01-01T00:00'), offset: 0, label: '2000-01-01 00:00' },
    { start: utc('2000-01-01T00:10'), offset: 0, label: '2000-01-01 00:10' },
  ]);
});

describe('hasMoreBuckets', () => {
  test('is what counting says, at every cap near the count', () => {
    for (const [zone, date] of CHANGE_DAYS) {
      for (const interval of namesOf(INTERVALS)) {
        for (const widths of [0, 0.5, 3, 40]) {
          const start = utc(`${date}T12:00`) - 1.7 * WIDTH[interval];
          const range = { start, end: start + widths * WIDTH[interval] };
          const count = [...buckets(interval, range, zone)].length;
          for (let cap = Math.max(0, count - 8); cap <= count + 8; cap++) {
            expect(hasMoreBuckets(interval, range, zone, cap)).toBe(count > cap);
          }
        }
      }
    }
  });

  test.each([
    ['day', '2000-01-01T00:00', '2026-11-29T00:00', 10_000, false],
    ['hour', '2000-01-01T00:00', '2026-11-29T00:00', 10_000, true],
  ] as const)('%ss from %s to %s: more than %d: %s', (interval, start, end, cap, isMore) => {
    // The answer needs no clock change, so a zone that nobody knows has one, too.
    expect(hasMoreBuckets(interval, { start: utc(start), end: utc(end) }, 'Mars/Olympus', cap)).toBe(isMore);
  });
});
