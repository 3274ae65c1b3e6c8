import { describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { DateTime } from 'luxon';
import { faultOfDigits, parseClickTime, parseDateParameter } from '../../src/lib/date-time.ts';
import { formatInstant } from '../../src/lib/time-zone.ts';
import { ZONES, shownAt } from '../support/local-clock.ts';

const DAY = 86_400_000;
const utc = (text: string): number => Date.parse(`${text}Z`);
const NEW_YORK = 'America/New_York';

describe('Unix time', () => {
  test.each([
    ['0', 0],
    ['1', 1000],
    ['2026', 2_026_000],
    ['20260131', 20_260_131_000],
    ['1738000000', 1_738_000_000_000],
    ['99999999999', 99_999_999_999_000],
    ['1738000000.5', 1_738_000_000_500],
    ['1738000000.1239', 1_738_000_000_123],
    ['1738000000.9999999', 1_738_000_000_999],
    ['1738000000.001', 1_738_000_000_001],
    ['100000000000', 100_000_000_000],
    ['1738000000123', 1_738_000_000_123],
    ['1738000000123.9', 1_738_000_000_123],
    ['99999999999999', 99_999_999_999_999],
  ])('%s', (text, instant) => {
    expect(parseDateParameter(text, NEW_YORK, 'start')).toBe(instant);
    expect(parseDateParameter(text, NEW_YORK, 'end')).toBe(instant);
    expect(parseClickTime(text)).toBe(instant);
  });

  test.each([
    '100000000000000',
    '1738000000.',
    '.5',
    '-1',
    '+1',
    '1e9',
    '0x10',
    '1_000',
    '1,5',
    '1.2.3',
    ' 1',
    '1 ',
  ])('%j is none', (text) => {
    expect(parseDateParameter(text, 'UTC', 'start')).toBeUndefined();
  });
});

test.each([
  ['20261001', '2026-10-01'],
  ['19991231', '1999-12-31'],
  ['202610', '2026-10-01'],
  ['2026', '2026-01-01'],
  ['202610011355', '2026-10-01T13:55'],
  // 1 January 2026 as spreadsheets count days.
  ['46023', '2026-01-01'],
  ['20261301', undefined],
  ['202600', undefined],
  ['12345678', undefined],
  ['0', undefined],
  ['46023.5', undefined],
  ['946684799', undefined],
  ['946684799999', undefined],
])('the digits %s, in Unix time before 2000, may have meant %s', (digits, iso = 'a date with hyphens') => {
  expect(faultOfDigits(digits)).toMatch(new RegExp(`^is a Unix time before 2000\\. Write ${iso}`));
});

test.each(['946684800', '946684800000', '1738000000.5', '2026-10-01', 'yesterday', ''])(
  'no such digits: %j',
  (text) => {
    expect(faultOfDigits(text)).toBeUndefined();
  },
);

describe('times with an offset', () => {
  test.each([
    ['2026-01-31T10:00:00Z', '2026-01-31T10:00'],
    ['2026-01-31t10:00:00z', '2026-01-31T10:00'],
    ['2026-01-31T10:00:00.1239Z', '2026-01-31T10:00:00.123'],
    ['2026-01-31T10:00:00,5Z', '2026-01-31T10:00:00.500'],
    ['2026-01-31T10Z', '2026-01-31T10:00'],
    ['2026-01-31T10:05Z', '2026-01-31T10:05'],
    ['2026-01-31T1005Z', '2026-01-31T10:05'],
    ['2026-01-31T100507Z', '2026-01-31T10:05:07'],
    ['2026-01-31T100507.25Z', '2026-01-31T10:05:07.250'],
    ['2026-01-31T10:00+05', '2026-01-31T05:00'],
    ['2026-01-31T10:00+05:45', '2026-01-31T04:15'],
    ['2026-01-31T10:00-0330', '2026-01-31T13:30'],
    ['2026-01-31T10:00 05:45', '2026-01-31T04:15'],
    ['2026-01-31T10 05', '2026-01-31T05:00'],
    ['2026-01-31T10-05', '2026-01-31T15:00'],
    ['2026-01-31T00:00:00+14:00', '2026-01-30T10:00'],
    ['2026-01-31T24:00Z', '2026-02-01T00:00'],
    ['2026-01-31T24Z', '2026-02-01T00:00'],
    ['2026-12-31T24:00:00.000Z', '2027-01-01T00:00'],
    ['2026-W05-6T10:00Z', '2026-01-31T10:00'],
    ['2026-031T10:00Z', '2026-01-31T10:00'],
    ['1969-12-31T23:59:59.9999Z', '1969-12-31T23:59:59.999'],
    ['0050-01-01T00:00Z', '0050-01-01T00:00'],
    // As databases write it.
    ['2026-10-10 13:55:36Z', '2026-10-10T13:55:36'],
    ['2026-10-10 13:55:36 UTC', '2026-10-10T13:55:36'],
    ['2026-10-10 13:55:36.123456 UTC', '2026-10-10T13:55:36.123'],
    ['2026-10-10 13:55:36+00', '2026-10-10T13:55:36'],
    ['2026-10-10 13:55:36.5+00', '2026-10-10T13:55:36.500'],
    ['2026-10-10 13:55:36+0000', '2026-10-10T13:55:36'],
    ['2026-10-10 13:55:36-03', '2026-10-10T16:55:36'],
    ['2026-10-10 13:55:36.1234567 +05:30', '2026-10-10T08:25:36.123'],
    ['2026-10-10 13:55:36 05:30', '2026-10-10T08:25:36'],
    ['2026-10-10 13:55:36  05:30', '2026-10-10T08:25:36'],
    ['2026-10-10T13:55:36 UTC', '2026-10-10T13:55:36'],
    // Leap seconds.
    ['2026-12-31T23:59:60Z', '2027-01-01T00:00:00'],
    ['2026-12-31T23:59:60.250Z', '2027-01-01T00:00:00.250'],
    ['2027-01-01T05:29:60+05:30', '2027-01-01T00:00:00'],
    ['2026-01-05T10:59:60Z', '2026-01-05T11:00:00'],
  ])('%s', (text, instant) => {
    for (const edge of ['start', 'end'] as const) {
      expect(parseDateParameter(text, NEW_YORK, edge)).toBe(utc(instant));
    }
    expect(parseClickTime(text)).toBe(utc(instant));
  });

  test('what is written is read back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.integer({ min: 946_684_800_000, max: 1_956_528_000_000 }),
        (zone, instant) => {
          const text = formatInstant(instant, zone);
          expect(parseDateParameter(text, 'UTC', 'end')).toBe(instant);
          expect(parseDateParameter(text.replace('+', ' '), zone, 'start')).toBe(instant);
        },
      ),
    );
  });
});

describe('none of these is a date', () => {
  test.each([
    '',
    'now',
    '2026-1-31',
    '2026-1',
    '2026-W5',
    '2026-13',
    '2026-00',
    '2026-W54',
    '2025-W53',
    '2026-W00',
    '2026-w05',
    '2026-01T10:00',
    '2026-W05T10:00',
    '2026/01/31',
    '31-01-2026',
    '2026-02-30',
    '2026-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-00-10',
    '2026-13-01',
    '2026-01-00',
    '2026-01-32',
    '2025-W53-1',
    '2026-W00-1',
    '2026-W54-1',
    '2026-W05-0',
    '2026-W05-8',
    '2026-w05-1',
    '2026-000',
    '2026-366',
    '2024-367',
    '+2026-01-31',
    '-2026-01-31',
    '12026-01-31',
    '2026-01-31T',
    '2026-01-31Z',
    '2026-01-31+05:00',
    '2026-01-31  10:00',
    '2026-01-31 ',
    '2026-01-31_10:00',
    '2026-01-31T1',
    '2026-01-31T1:00',
    '2026-01-31T25:00',
    '2026-01-31T10:60',
    '2026-01-31T10:00:61',
    '2026-01-31T24:00:60Z',
    '2026-01-31T10:0000',
    '2026-01-31T1000:00',
    '2026-01-31T10.5',
    '2026-01-31T10:00.5',
    '2026-01-31T10:00:00.',
    '2026-01-31T10:00:00.Z',
    '2026-01-31T24:01',
    '2026-01-31T24:00:01',
    '2026-01-31T24:00:00.001',
    '2026-01-31T24:00:00.0001',
    '2026-01-31T10:00+5',
    '2026-01-31T10:00+24:00',
    '2026-01-31T10:00+05:60',
    '2026-01-31T10:00+05:',
    '2026-01-31T10:00   05:00',
    '2026-01-31T10:00 ',
    '2026-01-31T10:00UTC',
    '2026-01-31T10:00 utc',
    '2026-01-31T10:00 Z',
    '2026-01-31T10:00 GMT',
    '2026-01-31T10:00 +00:00 UTC',
    '2026-01-31 UTC',
    '2026-01-31T10:00ZZ',
    '2026-01-31T10:00Z+01:00',
    '2026-01-31T10:00[America/New_York]',
    '2026-01-31T10:00\n',
    ' 2026-01-31',
    '2026-01-31T١٠:00',
  ])('%j', (text) => {
    expect(parseDateParameter(text, 'UTC', 'start')).toBeUndefined();
    expect(parseDateParameter(text, NEW_YORK, 'end')).toBeUndefined();
    expect(parseClickTime(text)).toBeUndefined();
  });

  test('whatever text comes, it answers', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^\d{4}-[\dW]\d-?\d\d?[T ]?[\d:., zZUTC+-]*$/));
    fc.assert(
      fc.property(text, (each) => {
        const instant = parseDateParameter(each, NEW_YORK, 'start');
        expect(instant === undefined || Number.isInteger(instant)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('dates alone', () => {
  test('the three notations of every day from 2000 to 2028', () => {
    const wrong: string[] = [];
    for (let day = utc('2000-01-01T00:00'); day < utc('2029-01-01T00:00'); day += DAY) {
      const date = DateTime.fromMillis(day, { zone: 'utc' });
      const ordinal = `${date.year}-${String(date.ordinal).padStart(3, '0')}`;
      for (const text of [date.toISODate() ?? '', date.toISOWeekDate() ?? '', ordinal]) {
        const start = parseDateParameter(text, 'UTC', 'start');
        const end = parseDateParameter(text, 'UTC', 'end');
        if (start !== day || end !== day + DAY - 1) wrong.push(text);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('every week and month from 2000 to 2028, from its first to its last millisecond', () => {
    const wrong: string[] = [];
    for (const unit of ['week', 'month'] as const) {
      let from = DateTime.fromISO('2000-01-03', { zone: NEW_YORK }).startOf(unit);
      while (from.year < 2029) {
        const next = from.plus({ [`${unit}s`]: 1 });
        const text = from.toFormat(unit === 'week' ? "kkkk-'W'WW" : 'yyyy-MM');
        const start = parseDateParameter(text, NEW_YORK, 'start');
        const end = parseDateParameter(text, NEW_YORK, 'end');
        if (start !== from.toMillis() || end !== next.toMillis() - 1) wrong.push(text);
        from = next;
      }
    }
    expect(wrong).toEqual([]);
  });

  test.each(['2026-01', '2026-W05'])('%s is no time of a click', (text) => {
    expect(parseClickTime(text)).toBeUndefined();
  });

  test('from the first to the last millisecond of that date', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.integer({ min: 946_684_800_000, max: 1_956_528_000_000 }),
        (zone, instant) => {
          const dateOf = (each: number): string => new Date(shownAt(zone, each)).toISOString().slice(0, 10);
          const date = dateOf(instant);
          const start = parseDateParameter(date, zone, 'start') ?? Number.NaN;
          const end = parseDateParameter(date, zone, 'end') ?? Number.NaN;
          expect([start - 1, start, end, end + 1].map(dateOf).map((each) => each === date)).toEqual([
            false,
            true,
            true,
            false,
          ]);
          expect(start <= instant && instant <= end).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['2026-01-31', NEW_YORK, '2026-01-31T05:00', '2026-02-01T04:59:59.999'],
    ['2026-03-08', NEW_YORK, '2026-03-08T05:00', '2026-03-09T03:59:59.999'],
    ['2026-11-01', NEW_YORK, '2026-11-01T04:00', '2026-11-02T04:59:59.999'],
    // Midnight is skipped: the day starts at 01:00, and the day before ends where it should.
    ['2018-11-03', 'America/Sao_Paulo', '2018-11-03T03:00', '2018-11-04T02:59:59.999'],
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00', '2018-11-05T01:59:59.999'],
    ['2026-03-29', 'Asia/Beirut', '2026-03-28T22:00', '2026-03-29T20:59:59.999'],
    // The hour before midnight happens twice.
    ['2018-02-17', 'America/Sao_Paulo', '2018-02-17T02:00', '2018-02-18T02:59:59.999'],
    ['2026-10-24', 'Asia/Beirut', '2026-10-23T21:00', '2026-10-24T21:59:59.999'],
    // Midnight happens twice: the day starts with the first.
    ['2026-10-31', 'America/Havana', '2026-10-31T04:00', '2026-11-01T03:59:59.999'],
    ['2026-11-01', 'America/Havana', '2026-11-01T04:00', '2026-11-02T04:59:59.999'],
    // The last hour is repeated from just past midnight: the day ends with the second.
    ['2010-11-06', 'America/St_Johns', '2010-11-06T02:30', '2010-11-07T03:29:59.999'],
    // The last hour is skipped: the day has 23 and ends where it should.
    ['2025-03-29', 'America/Nuuk', '2025-03-29T02:00', '2025-03-30T00:59:59.999'],
    ['2025-03-30', 'America/Nuuk', '2025-03-30T01:00', '2025-03-31T00:59:59.999'],
    // 2011-12-30 never was: its times are read with the offset before the change.
    ['2011-12-29', 'Pacific/Apia', '2011-12-29T10:00', '2011-12-30T09:59:59.999'],
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00', '2011-12-31T09:59:59.999'],
    ['2011-12-31', 'Pacific/Apia', '2011-12-30T10:00', '2011-12-31T09:59:59.999'],
    ['9999-12-31', 'UTC', '9999-12-31T00:00', '9999-12-31T23:59:59.999'],
    ['0000-01-01', 'UTC', '0000-01-01T00:00', '0000-01-01T23:59:59.999'],
  ])('%s in %s', (date, zone, start, end) => {
    expect(parseDateParameter(date, zone, 'start')).toBe(utc(start));
    expect(parseDateParameter(date, zone, 'end')).toBe(utc(end));
  });
});

describe('times without an offset', () => {
  test.each([
    ['2026-01-31T10:00', NEW_YORK, '2026-01-31T15:00', '2026-01-31T15:00'],
    ['2026-01-31T10:00:00.9999', 'Asia/Kathmandu', '2026-01-31T04:15:00.999', '2026-01-31T04:15:00.999'],
    ['2026-01-31 10:00:00.5', NEW_YORK, '2026-01-31T15:00:00.500', '2026-01-31T15:00:00.500'],
    ['2026-01-31 23:59:60', NEW_YORK, '2026-02-01T05:00', '2026-02-01T05:00'],
    ['2026-03-08T02:30', NEW_YORK, '2026-03-08T07:30', '2026-03-08T07:30'],
    ['2026-11-01T01:30', NEW_YORK, '2026-11-01T05:30', '2026-11-01T06:30'],
    ['2026-10-31T24:00', 'America/Havana', '2026-11-01T04:00', '2026-11-01T05:00'],
    ['2026-11-01T00:00', 'America/Havana', '2026-11-01T04:00', '2026-11-01T05:00'],
    ['2018-11-04T00:00', 'America/Sao_Paulo', '2018-11-04T03:00', '2018-11-04T03:00'],
    ['2011-12-30T12:00', 'Pacific/Apia', '2011-12-30T22:00', '2011-12-30T22:00'],
  ])('%s in %s', (text, zone, start, end) => {
    expect(parseDateParameter(text, zone, 'start')).toBe(utc(start));
    expect(parseDateParameter(text, zone, 'end')).toBe(utc(end));
  });
});

describe('parseClickTime', () => {
  test('reads times without an offset in UTC, dates as their start', () => {
    expect(parseClickTime('2026-01-31T10:00')).toBe(utc('2026-01-31T10:00'));
    expect(parseClickTime('2026-10-10 13:55:36')).toBe(utc('2026-10-10T13:55:36'));
    expect(parseClickTime('2026-10-10 13:55:36.123')).toBe(utc('2026-10-10T13:55:36.123'));
    expect(parseClickTime('2026-01-31')).toBe(utc('2026-01-31T00:00'));
  });

  test.each([
    [0, 0],
    [1_738_000_000, 1_738_000_000_000],
    [1_738_000_000.123, 1_738_000_000_123],
    [1_738_000_000.5, 1_738_000_000_500],
    [1_738_000_000_123, 1_738_000_000_123],
    [1_738_000_000_123.5, 1_738_000_000_123],
  ])('the number %d', (value, instant) => {
    expect(parseClickTime(value)).toBe(instant);
  });

  test('the quick way agrees with the careful one, right or wrong', () => {
    const pairs = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'));
    const texts = ['0050', '1999', '2024', '2026'].flatMap((year) =>
      pairs.flatMap((month) => pairs.slice(0, 33).map((day) => `${year}-${month}-${day}T10:00:00Z`)),
    );
    for (const hour of pairs.slice(0, 30)) {
      for (const rest of ['00:00', '00:00.000', '00:01', '59:59.999', '59:60', '60:00', '99:99']) {
        texts.push(`2026-01-05T${hour}:${rest}Z`);
      }
    }
    const wrong = texts.filter((text) => parseClickTime(text) !== parseDateParameter(text, 'UTC', 'start'));
    expect(wrong).toEqual([]);
    expect(texts.filter((text) => parseClickTime(text) !== undefined).length).toBeGreaterThan(4 * 365);
  });

  test.each([-1, -0.5, Number.NaN, Infinity, -Infinity, 1e21, 1e-7, 1e15])(
    'the number %d is none',
    (value) => {
      expect(parseClickTime(value)).toBeUndefined();
    },
  );
});
