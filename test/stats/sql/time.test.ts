import { describe, expect, test } from '@jest/globals';
import type { StatsQuery } from '../../../src/stats/query.ts';
import { linesBetween, readable } from '../../support/stats-sql.ts';

const utc = (text: string): number => Date.parse(`${text}Z`);

/** The expression of a click's bucket. */
function bucketOf(change: Partial<StatsQuery>): string {
  const line = linesBetween(readable({ ...change, groupBy: ['time'] }), 'NOT grouping(time)', 'count()');
  return line.split('\n')[1]?.replace(/ AS time,$/, '') ?? '';
}

describe('the bucket of a click', () => {
  const seconds = 'toUnixTimestamp(clicked_at)';
  const unix = `toInt64(${seconds})`;
  const newYork = {
    timezone: 'America/New_York',
    range: { start: utc('2025-03-09T05:00'), end: utc('2025-03-10T03:59') },
  };
  test.each([
    [
      'an hour, where ClickHouse’s clock is Node’s',
      { timezone: 'Asia/Kolkata' },
      `toInt64(toUnixTimestamp(toStartOfInterval(clicked_at, INTERVAL 1 HOUR, "Asia/Kolkata")))`,
    ],
    [
      'an hour of a range that ends now, whose last holds the clicks of clocks that are ahead',
      { endsNow: true },
      `if(clicked_at > "2026-01-02 00:00:00.000", ${utc('2026-01-02T00:00') / 1000}, toInt64(toUnixTimestamp(toStartOfInterval(clicked_at, INTERVAL 1 HOUR, "UTC"))))`,
    ],
    [
      'a week, of which ClickHouse gives a date',
      { ...newYork, interval: 'week' },
      `toInt64(toUnixTimestamp(toDateTime(toStartOfInterval(clicked_at, INTERVAL 1 WEEK, "America/New_York"), "America/New_York")))`,
    ],
    [
      'a month',
      {
        sameClock: false,
        interval: 'month',
        range: { start: utc('2026-01-31T00:00'), end: utc('2026-02-01T00:00') },
      },
      `roundDown(${unix}, [${utc('2026-01-01T00:00') / 1000},${utc('2026-02-01T00:00') / 1000}])`,
    ],
    [
      'days about a clock change',
      {
        ...newYork,
        sameClock: false,
        interval: 'day',
        range: { ...newYork.range, end: utc('2025-03-10T04:00') },
      },
      `roundDown(${unix}, [${utc('2025-03-09T05:00') / 1000},${utc('2025-03-10T04:00') / 1000}])`,
    ],
  ] as const satisfies readonly (readonly [string, Partial<StatsQuery>, string])[])(
    '%s',
    (_, change, bucket) => {
      expect(bucketOf(change)).toBe(bucket);
    },
  );

  test('ten minutes about a clock change: the change begins a bucket of its own', () => {
    const bucket = bucketOf({ ...newYork, sameClock: false, interval: '10_minute' });
    const starts =
      /roundDown\(toInt64\(toUnixTimestamp\(clicked_at\)\), (\[\d+,\d+\])\)/.exec(bucket)?.[1] ?? '';
    expect(JSON.parse(starts)[1]).toBe(utc('2025-03-09T07:00') / 1000);
    const segment = `roundDown(${unix}, ${starts})`;
    expect(bucket).toBe(
      `greatest(${segment}, ${unix} - (${unix} + transform(${segment}, ${starts}, [0,0], toInt64(0))) % 600)`,
    );
  });
});

test('a range that ends now reaches five minutes further, the period before does not', () => {
  const previous = { start: utc('2025-12-31T00:00'), end: utc('2025-12-31T23:59:59.999') };
  const ranges = [...readable({ endsNow: true, previous }).matchAll(/clicked_at BETWEEN (.+) AND (.+)/g)];
  expect(new Set(ranges.map(([, start, end]) => `${start} ${end}`))).toEqual(
    new Set([
      '"2026-01-01 00:00:00.000" "2026-01-02 00:05:00.000"',
      '"2025-12-31 00:00:00.000" "2025-12-31 23:59:59.999"',
    ]),
  );
});

test('the period before is cut in the same buckets, of its own range', () => {
  const text = readable({
    groupBy: ['os', 'time'],
    interval: 'day',
    timezone: 'America/New_York',
    sameClock: false,
    // A day of 25 hours, and the one before it.
    range: { start: utc('2025-11-02T04:00'), end: utc('2025-11-03T04:59:59.999') },
    previous: { start: utc('2025-11-01T04:00'), end: utc('2025-11-02T03:59:59.999') },
  });
  const starts = [...text.matchAll(/roundDown\([^[]*\[([\d,]+)\]\) AS time/g)].map(([, list]) => list);
  expect(starts).toEqual([String(utc('2025-11-02T04:00') / 1000), String(utc('2025-11-01T04:00') / 1000)]);
});
