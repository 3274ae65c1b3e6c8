import { describe, expect, test } from '@jest/globals';
import { DateTime } from 'luxon';
import {
  INTERVAL_NAMES,
  defaultInterval,
  intervalMinutes,
  labelWriter,
} from '../../../src/stats/registry/intervals.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const utc = (text: string): number => Date.parse(`${text}Z`);

test('names, from the shortest to the longest', () => {
  expect(INTERVAL_NAMES).toEqual(['minute', '10_minute', 'hour', 'day', 'week', 'month', 'quarter', 'year']);
  const minutes = INTERVAL_NAMES.map(intervalMinutes);
  expect(minutes).toEqual([1, 10, 60, 1_440, 10_080, 43_200, 131_040, 525_600]);
});

describe('the interval of a range', () => {
  test.each([
    [0, '10_minute'],
    [HOUR, '10_minute'],
    [HOUR + 1, 'hour'],
    [DAY, 'hour'],
    [25 * HOUR, 'hour'],
    [25 * HOUR + 1, 'day'],
    [90 * DAY + 1_000, 'day'],
    [93 * DAY, 'day'],
    [93 * DAY + 1, 'week'],
    [366 * DAY, 'week'],
    [371 * DAY, 'week'],
    [371 * DAY + 1, 'month'],
    [30 * 366 * DAY, 'month'],
  ])('%d ms: %s', (length, name) => {
    const start = utc('2026-03-01T00:00');
    expect(defaultInterval(start, start + length)).toBe(name);
  });
});

describe('labels', () => {
  test.each([
    ['minute', '2026-01-24 13:49'],
    ['10_minute', '2026-01-24 13:40'],
    ['hour', '2026-01-24 13:00'],
    ['day', '2026-01-24'],
    ['week', '2026-W04'],
    ['sunday_week', '2026-01-24'],
    ['month', '2026-01'],
    ['quarter', '2026-Q1'],
    ['year', '2026'],
  ] as const)('%s: %s', (name, label) => {
    expect(labelWriter(name)(utc('2026-01-24T13:49:59.999'))).toBe(label);
  });

  test('of wall times before 1970 and at the last millisecond', () => {
    expect(labelWriter('hour')(utc('1969-12-31T23:59:59.999'))).toBe('1969-12-31 23:00');
    expect(labelWriter('10_minute')(utc('1969-12-31T23:59:59.999'))).toBe('1969-12-31 23:50');
  });

  test('of every day’s ISO week from 1999 to 2035', () => {
    const write = labelWriter('week');
    const wrong: string[] = [];
    for (let wall = utc('1999-01-01T23:59'); wall < utc('2036-01-01T00:00'); wall += DAY) {
      const label = DateTime.fromMillis(wall, { zone: 'utc' }).toISOWeekDate()?.slice(0, 8);
      if (write(wall) !== label) wrong.push(`${write(wall)} is ${label}`);
    }
    expect(wrong).toEqual([]);
  });
});
