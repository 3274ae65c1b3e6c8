import { expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { SCHEDULE_RANGES, datesOf, windowOf } from '../../src/schedules/window.ts';
import { parseStatsRequest } from '../../src/stats/parse/parse-request.ts';
import { CHANGE_DAYS, ZONES } from '../support/local-clock.ts';
import { rangeByName } from '../support/reference.ts';

const DAY = 86_400_000;
const RELATIVE = SCHEDULE_RANGES.filter((range) => range !== 'since_last_run');
// The reference looks at quarters of an hour.
const zones = ZONES.filter((zone) => !['America/St_Johns', 'America/Goose_Bay'].includes(zone));

test('a window is the range of its name as of the time it is due, and so are its dates', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...RELATIVE),
      fc.constantFrom(...zones),
      fc.constantFrom(...CHANGE_DAYS.map(([, day]) => Date.parse(day))),
      fc.integer({ min: -2 * DAY, max: 33 * DAY }),
      (range, timezone, change, later) => {
        const at = change + later;
        const window = windowOf(range, timezone, at);
        const { start, end } = rangeByName(range, at, timezone);
        expect(window).toEqual({ from: start, before: end + 1 });
        const asked = parseStatsRequest(
          { ...datesOf(window), timezone },
          { now: at + DAY, timeZones: new Set(['UTC', ...ZONES]) },
        );
        expect([asked.start, asked.end, asked.endsNow]).toEqual([start, end, false]);
      },
    ),
    { numRuns: 200 },
  );
});

test.each([
  ['yesterday', '2026-01-30T05:00:00.000Z', '2026-01-31T05:00:00.000Z'],
  ['last_week', '2026-01-19T05:00:00.000Z', '2026-01-26T05:00:00.000Z'],
  ['last_month', '2025-12-01T05:00:00.000Z', '2026-01-01T05:00:00.000Z'],
  ['today', '2026-01-31T05:00:00.000Z', '2026-01-31T17:00:00.001Z'],
] as const)('%s, on Saturday 31 January 2026 at noon in New York', (range, from, before) => {
  const window = windowOf(range, 'America/New_York', Date.parse('2026-01-31T17:00Z'));
  expect([window.from, window.before].map((instant) => new Date(instant).toISOString())).toEqual([
    from,
    before,
  ]);
});
