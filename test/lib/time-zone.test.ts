import { formatWithOffset } from '../../src/lib/calendar.ts';
import { describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import {
  firstInstantOfDay,
  formatInstant,
  knownToNode,
  offsetAt,
  segments,
  wallOf,
  wallToInstant,
} from '../../src/lib/time-zone.ts';
import { CHANGE_DAYS, ZONES, shownAt } from '../support/local-clock.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const utc = (text: string): number => Date.parse(`${text}Z`);
const zones = fc.constantFrom(...ZONES);
const instants = fc.integer({ min: utc('2000-01-01T00:00'), max: utc('2032-01-01T00:00') });

describe('offsetAt', () => {
  test.each([
    ['UTC', '2026-01-01T00:00', 0],
    ['Pacific/Apia', '2026-01-01T00:00', 13 * 60],
    ['Pacific/Kiritimati', '2026-01-01T00:00', 14 * 60],
    ['Australia/Lord_Howe', '2026-07-01T00:00', 10.5 * 60],
    ['Australia/Lord_Howe', '2026-01-01T00:00', 11 * 60],
    ['Asia/Kathmandu', '2026-01-01T00:00', 5.75 * 60],
    ['Asia/Calcutta', '2026-01-01T00:00', 5.5 * 60],
    ['America/St_Johns', '2026-01-01T00:00', -3.5 * 60],
    ['America/New_York', '2026-03-08T06:59:59.999', -5 * 60],
    ['America/New_York', '2026-03-08T07:00:00.000', -4 * 60],
    ['Pacific/Apia', '2011-12-30T09:59:59.999', -10 * 60],
    ['Pacific/Apia', '2011-12-30T10:00:00.000', 14 * 60],
  ])('%s at %s', (zone, time, minutes) => {
    expect(offsetAt(zone, utc(time))).toBe(minutes);
  });

  test('is what the clock shows less UTC', () => {
    fc.assert(
      fc.property(zones, instants, (zone, instant) => {
        expect(instant + offsetAt(zone, instant) * MINUTE).toBe(shownAt(zone, instant));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([utc('1500-01-01T00:00'), -8_640_000_000_000_000, 8_640_000_000_000_000])(
    'answers for the far instant %d',
    (instant) => {
      expect(offsetAt('America/New_York', instant)).toBeCloseTo(-300, -1);
    },
  );

  test('refuses an unknown zone', () => {
    expect(() => offsetAt('Mars/Olympus', 0)).toThrow(RangeError);
  });
});

describe('segments', () => {
  test.each(CHANGE_DAYS)('%s around %s is what a scan of every minute sees', (zone, date) => {
    const from = utc(`${date}T00:00`) - DAY;
    const to = from + 3 * DAY;
    const changes: { start: number; offset: number }[] = [];
    let offset = shownAt(zone, from) - from;
    for (let instant = from; instant <= to; instant += MINUTE) {
      const next = shownAt(zone, instant) - instant;
      if (next !== offset) changes.push({ start: instant, offset: next / MINUTE });
      offset = next;
    }
    const [first, ...rest] = segments(zone, from, to);
    expect(rest).toEqual(changes);
    expect(first?.start).toBeLessThanOrEqual(from);
    expect(first?.offset).toBe((shownAt(zone, from) - from) / MINUTE);
  });

  test('the first starts with the change when that was within two days', () => {
    const change = utc('2026-03-08T07:00');
    for (const later of [0, 1, DAY, 2 * DAY - 1]) {
      expect(segments('America/New_York', change + later, change + 3 * DAY)).toEqual([
        { start: change, offset: -240 },
      ]);
    }
    expect(segments('America/New_York', change - 1, change - 1)).toHaveLength(1);
    expect(segments('America/New_York', change - 1, change)).toHaveLength(2);
  });

  test('the first starts two days before or earlier when no change was', () => {
    fc.assert(
      fc.property(zones, instants, (zone, from) => {
        const [first] = segments(zone, from, from);
        const start = first?.start ?? Number.NaN;
        const isChange = shownAt(zone, start) - start !== shownAt(zone, start - 1) - start + 1;
        expect(isChange || start <= from - 2 * DAY).toBe(true);
        expect(start).toBeLessThanOrEqual(from);
      }),
      { numRuns: 500 },
    );
  });

  test('the changes of 26 years', () => {
    // Two changes in each of 26 years, and the period before the first.
    expect(segments('America/New_York', utc('2000-01-01T00:00'), utc('2026-01-01T00:00'))).toHaveLength(53);
    expect(segments('Asia/Kathmandu', utc('2000-01-01T00:00'), utc('2026-01-01T00:00'))).toHaveLength(1);
    expect(segments('UTC', utc('2000-01-01T00:00'), utc('2026-01-01T00:00'))).toHaveLength(1);
  });

  test('an offset that lasted seven days is found', () => {
    const found = segments('America/Recife', utc('2000-10-01T00:00'), utc('2000-10-31T00:00'));
    expect(found.map(({ offset }) => offset)).toEqual([-180, -120, -180]);
  });
});

describe('wallToInstant', () => {
  test.each([
    ['America/New_York', '2026-03-08T02:30', '2026-03-08T07:30'],
    ['Australia/Lord_Howe', '2026-10-04T02:15', '2026-10-03T15:45'],
    ['America/Sao_Paulo', '2018-11-04T00:00', '2018-11-04T03:00'],
    ['Asia/Beirut', '2026-03-29T00:59', '2026-03-28T22:59'],
    ['Pacific/Apia', '2011-12-30T12:00', '2011-12-30T22:00'],
  ])('%s %s is skipped: the offset before', (zone, wall, instant) => {
    expect(wallToInstant(zone, utc(wall), 'first')).toBe(utc(instant));
    expect(wallToInstant(zone, utc(wall), 'second')).toBe(utc(instant));
  });

  test.each([
    ['America/New_York', '2026-11-01T01:30', '2026-11-01T05:30', '2026-11-01T06:30'],
    ['America/New_York', '2026-11-01T01:00', '2026-11-01T05:00', '2026-11-01T06:00'],
    ['America/New_York', '2026-11-01T02:00', '2026-11-01T07:00', '2026-11-01T07:00'],
    ['America/New_York', '2026-11-01T00:59', '2026-11-01T04:59', '2026-11-01T04:59'],
    ['America/Havana', '2026-11-01T00:00', '2026-11-01T04:00', '2026-11-01T05:00'],
    ['Australia/Lord_Howe', '2026-04-05T01:45', '2026-04-04T14:45', '2026-04-04T15:15'],
  ])('%s %s: first and second', (zone, wall, first, second) => {
    expect(wallToInstant(zone, utc(wall), 'first')).toBe(utc(first));
    expect(wallToInstant(zone, utc(wall), 'second')).toBe(utc(second));
  });

  test('of what the clock shows at an instant, one of the two is that instant', () => {
    fc.assert(
      fc.property(zones, instants, (zone, instant) => {
        const wall = shownAt(zone, instant);
        const both = [wallToInstant(zone, wall, 'first'), wallToInstant(zone, wall, 'second')];
        expect(both).toContain(instant);
        expect(both.map((found) => shownAt(zone, found))).toEqual([wall, wall]);
      }),
      { numRuns: 1000 },
    );
  });

  test.each(CHANGE_DAYS)('%s around %s, every quarter of an hour of the clock, by scan', (zone, date) => {
    const noon = utc(`${date}T12:00`);
    const shown: { instant: number; wall: number }[] = [];
    for (let instant = noon - 3 * DAY; instant <= noon + 3 * DAY; instant += 15 * MINUTE) {
      shown.push({ instant, wall: shownAt(zone, instant) });
    }
    for (let wall = noon - DAY; wall <= noon + DAY; wall += 15 * MINUTE) {
      const hits = shown.filter((each) => each.wall === wall);
      // Skipped: the clock's last quarter before the wall time still has the offset before the change.
      const before = shown.findLast((each) => each.wall < wall);
      const skipped = wall - ((before?.wall ?? 0) - (before?.instant ?? 0));
      expect(wallToInstant(zone, wall, 'first')).toBe(hits[0]?.instant ?? skipped);
      expect(wallToInstant(zone, wall, 'second')).toBe(hits.at(-1)?.instant ?? skipped);
    }
  });
});

describe('firstInstantOfDay', () => {
  test.each([
    ['UTC', '2026-01-31', '2026-01-31T00:00'],
    ['America/New_York', '2026-03-08', '2026-03-08T05:00'],
    ['America/New_York', '2026-03-09', '2026-03-09T04:00'],
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00'],
    ['America/Sao_Paulo', '2018-02-18', '2018-02-18T03:00'],
    ['America/Havana', '2026-11-01', '2026-11-01T04:00'],
    ['Pacific/Apia', '2011-12-29', '2011-12-29T10:00'],
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00'],
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00'],
    ['Pacific/Apia', '2012-01-01', '2011-12-31T10:00'],
  ])('%s %s', (zone, date, instant) => {
    expect(firstInstantOfDay(zone, utc(`${date}T00:00`) / DAY)).toBe(utc(instant));
  });

  test('is the earliest instant with that date', () => {
    fc.assert(
      fc.property(zones, instants, (zone, instant) => {
        const day = Math.floor(shownAt(zone, instant) / DAY);
        const first = firstInstantOfDay(zone, day);
        expect(Math.floor(shownAt(zone, first) / DAY)).toBe(day);
        expect(Math.floor(shownAt(zone, first - 1) / DAY)).toBeLessThan(day);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('formats', () => {
  test.each([
    ['2026-01-24T05:00', 'America/New_York', '2026-01-24T00:00:00.000-05:00'],
    ['2026-01-24T05:00:00.007', 'UTC', '2026-01-24T05:00:00.007+00:00'],
    ['2026-01-24T05:00', 'Asia/Kathmandu', '2026-01-24T10:45:00.000+05:45'],
    ['2026-01-24T12:00', 'Pacific/Apia', '2026-01-25T01:00:00.000+13:00'],
    ['2026-01-24T00:00', 'America/St_Johns', '2026-01-23T20:30:00.000-03:30'],
  ])('%s in %s', (time, zone, text) => {
    expect(formatInstant(utc(time), zone)).toBe(text);
    expect(formatWithOffset(utc(time), offsetAt(zone, utc(time)))).toBe(text);
  });

  test('what is written means the instant and shows the clock', () => {
    fc.assert(
      fc.property(zones, instants, (zone, instant) => {
        const text = formatInstant(instant, zone);
        expect(Date.parse(text)).toBe(instant);
        expect(Date.parse(`${text.slice(0, 23)}Z`)).toBe(shownAt(zone, instant));
        expect(wallOf(instant, offsetAt(zone, instant))).toBe(shownAt(zone, instant));
      }),
    );
  });

  test('an offset with seconds is rounded, the instant is kept', () => {
    const text = formatInstant(utc('1970-01-01T00:00'), 'Africa/Monrovia');
    expect(text).toMatch(/-00:4[45]$/);
    expect(Date.parse(text)).toBe(0);
  });
});

test.each([
  ['UTC', true],
  ['Asia/Calcutta', true],
  ['America/Argentina/Buenos_Aires', true],
  ['Mars/Olympus', false],
  ['', false],
  ['+01:00', false],
  ['__proto__', false],
])('knownToNode %j: %j', (zone, known) => {
  expect(knownToNode(zone)).toBe(known);
});
