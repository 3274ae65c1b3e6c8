import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { shownAt } from '../support/local-clock.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const utc = (text: string): number => Date.parse(`${text}Z`);

/** Zones whose clocks were set back to the day before, and when: that date comes, goes, and comes again. */
const SET_BACK = [
  // At 00:01, on the first of a month.
  ['America/St_Johns', utc('2009-11-01T02:31')],
  ['America/Goose_Bay', utc('2010-11-07T03:01')],
  // At 02:00 by three hours.
  ['Antarctica/Casey', utc('2010-03-04T15:00')],
] as const;

const LABELS = {
  day: (wall: number) => new Date(wall).toISOString().slice(0, 10),
  month: (wall: number) => new Date(wall).toISOString().slice(0, 7),
} as const;

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
});
afterAll(() => spoor.stop());

/** The first instant whose label is that of `instant`, by a walk over every minute of the three days before. */
function firstOf(zone: string, label: (wall: number) => string, instant: number): number {
  const wanted = label(shownAt(zone, instant));
  let first = instant;
  const minute = Math.floor(instant / MINUTE) * MINUTE;
  for (let at = minute; at > minute - 3 * 24 * HOUR; at -= MINUTE) {
    if (label(shownAt(zone, at)) === wanted) first = at;
  }
  return first;
}

describe.each(SET_BACK)('%s, set back at %d', (zone, change) => {
  const code = zone.replace('/', '-');
  const [clicks = []] = fc.sample(
    fc.array(fc.integer({ min: -30 * HOUR, max: 30 * HOUR }), { minLength: 150, maxLength: 150 }),
    { numRuns: 1 },
  );
  const near = [-2 * HOUR, -HOUR, -MINUTE, -SECOND, 0, SECOND, 14 * MINUTE, 59 * MINUTE, HOUR, 3 * HOUR];
  const instants = [...near, ...clicks].map((distance) => change + Math.floor(distance / SECOND) * SECOND);

  beforeAll(async () => {
    const ndjson = instants.map((at) => ({ short_code: code, clicked_at: new Date(at).toISOString() }));
    const sent = await spoor.send('POST', '/api/v1/clicks', { ndjson });
    expect(sent.json.accepted).toBe(instants.length);
  });

  test.each(['day', 'month'] as const)('each click is in the %s of its local date', async (interval) => {
    const label = LABELS[interval];
    for (const [from, to] of [
      [-30 * HOUR, 30 * HOUR],
      [-MINUTE, 14 * MINUTE],
      [0, 14 * MINUTE],
      [14 * MINUTE, 30 * HOUR],
    ] as const) {
      const [start, end] = [change + from, change + to];
      const query = {
        scope: 'all',
        owner_id: '*',
        short_code: code,
        interval,
        timezone: zone,
        start_date: new Date(start).toISOString(),
        end_date: new Date(end).toISOString(),
        metrics: 'clicks',
      };
      const counts = new Map<string, number>();
      for (let at = start; at <= end; at += MINUTE) counts.set(label(shownAt(zone, at)), 0);
      for (const at of instants.filter((each) => each >= start && each <= end)) {
        const name = label(shownAt(zone, at));
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      const expected = [...counts]
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([time, count]) => ({ time, clicks: count }));
      const { json } = await spoor.send('GET', '/api/v1/stats', { query });
      const rows: readonly { time: string; bucket_start: string; clicks: number }[] =
        json.metrics.clicks_by_time;
      expect(rows.map(({ time, clicks: count }) => ({ time, clicks: count }))).toEqual(expected);
      const exported = await spoor.send('GET', '/api/v1/export', { query: { ...query, format: 'json' } });
      expect(exported.json.metrics.clicks_by_time).toEqual(rows);
      if (interval === 'month') continue;
      for (const { time, bucket_start } of rows) {
        const begins = Date.parse(bucket_start);
        expect(label(shownAt(zone, begins))).toBe(time);
        expect(firstOf(zone, label, begins)).toBe(begins);
      }
    }
  });

  test('a breakdown puts them there too', async () => {
    const query = {
      scope: 'all',
      owner_id: '*',
      short_code: code,
      interval: 'day',
      timezone: zone,
      start_date: new Date(change - 30 * HOUR).toISOString(),
      end_date: new Date(change + 30 * HOUR).toISOString(),
      group_by: 'time,short_code',
      metrics: 'clicks',
    };
    const { json } = await spoor.send('GET', '/api/v1/stats', { query });
    const counts = new Map<string, number>();
    for (const at of instants) {
      const name = LABELS.day(shownAt(zone, at));
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const expected = [...counts].toSorted(([one], [other]) => (one < other ? -1 : 1));
    const rows: readonly { time: string; clicks: number }[] = json.metrics.clicks_by_time_short_code;
    expect(rows.map(({ time, clicks: count }) => [time, count])).toEqual(expected);
    const exported = await spoor.send('GET', '/api/v1/export', { query: { ...query, format: 'json' } });
    expect(exported.json.metrics.clicks_by_time_short_code).toEqual(rows);
  });
});

test('2009-11-01T02:45Z in St. John’s is on the last day of October', async () => {
  const at = '2009-11-01T02:45:00Z';
  await spoor.send('POST', '/api/v1/clicks', { ndjson: [{ short_code: 'october', clicked_at: at }] });
  const query = { short_code: 'october', scope: 'all', owner_id: '*', timezone: 'America/St_Johns' };
  const listed = async (interval: string) => {
    const { json } = await spoor.send('GET', '/api/v1/stats', {
      query: { ...query, interval, start_date: at, end_date: at },
    });
    return json.metrics.clicks_by_time.map((row: { time: string; clicks: number }) => [row.time, row.clicks]);
  };
  expect(await listed('day')).toEqual([['2009-10-31', 1]]);
  expect(await listed('month')).toEqual([['2009-10', 1]]);
  expect(await listed('hour')).toEqual([['2009-10-31 23:00', 1]]);
});
