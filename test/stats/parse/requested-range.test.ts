import { describe, expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { parseStatsRequest } from '../../../src/stats/parse/parse-request.ts';
import { exportQuery, statsQuery } from '../../../src/stats/parse/requested-query.ts';
import { RANGE_NAMES } from '../../../src/stats/registry/ranges.ts';
import { CHANGE_DAYS, ZONES } from '../../support/local-clock.ts';
import { rangeByName, startOfDay, written } from '../../support/reference.ts';

const DAY = 86_400_000;

function asked(raw: Readonly<Record<string, string>>, now: number) {
  return parseStatsRequest(raw, { now, timeZones: new Set(['UTC', ...ZONES]) });
}

describe('a range by its name, on 5 March 2026 at 10:20 in New York', () => {
  const timezone = 'America/New_York';
  const now = Date.parse('2026-03-05T15:20Z');
  test.each([
    ['today', '2026-03-05T00:00:00.000-05:00', '2026-03-05T10:20:00.000-05:00'],
    ['yesterday', '2026-03-04T00:00:00.000-05:00', '2026-03-04T23:59:59.999-05:00'],
    ['last_7_days', '2026-02-27T00:00:00.000-05:00', '2026-03-05T10:20:00.000-05:00'],
    ['last_30_days', '2026-02-04T00:00:00.000-05:00', '2026-03-05T10:20:00.000-05:00'],
    ['last_week', '2026-02-23T00:00:00.000-05:00', '2026-03-01T23:59:59.999-05:00'],
    ['this_month', '2026-03-01T00:00:00.000-05:00', '2026-03-05T10:20:00.000-05:00'],
    ['last_month', '2026-02-01T00:00:00.000-05:00', '2026-02-28T23:59:59.999-05:00'],
    ['this_year', '2026-01-01T00:00:00.000-05:00', '2026-03-05T10:20:00.000-05:00'],
  ] as const)('%s', (range, start, end) => {
    const query = statsQuery(asked({ range, timezone }, now));
    expect([written(query.range.start, timezone), written(query.range.end, timezone)]).toEqual([start, end]);
    expect(query.isClamped).toBe(false);
  });

  test('all: from the oldest click on, in an export too; without one, the default', () => {
    const request = asked({ range: 'all', interval: 'year' }, now);
    const oldest = Date.UTC(2019, 6, 1);
    const all = { start: oldest, end: now };
    expect([statsQuery(request, oldest).range, exportQuery(request, oldest).range]).toEqual([all, all]);
    expect(statsQuery(request).range).toEqual({ start: now - 7 * DAY, end: now });
    expect(() => statsQuery(asked({ range: 'all', interval: 'minute' }, now), oldest)).toThrow('10000');
  });
});

test('whatever the zone and the moment', () => {
  // The reference looks at quarters of an hour.
  const zones = ZONES.filter((zone) => !['America/St_Johns', 'America/Goose_Bay'].includes(zone));
  fc.assert(
    fc.property(
      fc.constantFrom(...RANGE_NAMES),
      fc.constantFrom(...zones),
      fc.constantFrom(...CHANGE_DAYS.map(([, day]) => Date.parse(day))),
      fc.integer({ min: -2, max: 33 }),
      fc.integer({ min: 0, max: DAY - 1 }),
      (range, timezone, change, later, time) => {
        const now = startOfDay(timezone, change + later * DAY) + time;
        const { start, end, endsNow } = asked({ range, timezone }, now);
        const expected = rangeByName(range, now, timezone);
        expect({ start, end, endsNow }).toEqual({ ...expected, endsNow: expected.end === now });
      },
    ),
    { numRuns: 300 },
  );
});

test.each([
  [{ range: 'last_7_day' }, 'Did you mean last_7_days?'],
  [{ range: 'everything' }, 'must be one of: today, '],
  [{ range: 'today', start_date: '2026-01-01' }, 'beside start_date'],
  [{ range: 'all', end_date: '2026-01-01' }, 'beside end_date'],
])('%j is refused', (raw, message) => {
  let thrown: unknown;
  try {
    asked(raw, Date.UTC(2026, 0, 31));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: 'validation_error', status: 400, field: 'range' });
  expect(String(thrown)).toContain(message);
});
