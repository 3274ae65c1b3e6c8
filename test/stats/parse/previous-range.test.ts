import { describe, expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { previousRange } from '../../../src/stats/parse/previous-range.ts';
import { CHANGE_DAYS, ZONES } from '../../support/local-clock.ts';
import { periodBefore, startOfDay, written } from '../../support/reference.ts';

const DAY = 86_400_000;

/** The period before a range that does not end now, its ends as text in the zone. */
function before(zone: string, start: string, end: string): readonly string[] {
  const found = previousRange({ start: Date.parse(start), end: Date.parse(end) }, zone, false);
  return [written(found.start, zone), written(found.end, zone)];
}

describe('any other range has as many milliseconds before it', () => {
  test.each([
    ['one instant', '2026-01-31T10:00:00.005Z', '2026-01-31T10:00:00.005Z', '2026-01-31T10:00:00.004+00:00'],
    ['a day', '2026-01-31T00:00Z', '2026-01-31T23:59:59.999Z', '2026-01-30T00:00:00.000+00:00'],
    ['a month', '2026-03-01T00:00Z', '2026-03-31T23:59:59.999Z', '2026-01-29T00:00:00.000+00:00'],
    ['half a day', '2026-01-31T00:00Z', '2026-01-31T11:59:59.999Z', '2026-01-30T12:00:00.000+00:00'],
    ['to midnight itself', '2026-01-31T00:00Z', '2026-02-01T00:00Z', '2026-01-29T23:59:59.999+00:00'],
    ['from noon to noon', '2026-01-30T12:00Z', '2026-01-31T11:59:59.999Z', '2026-01-29T12:00:00.000+00:00'],
  ])('%s', (_, start, end, expected) => {
    expect(before('UTC', start, end)).toEqual([expected, written(Date.parse(start) - 1, 'UTC')]);
  });

  test('the day after one of 23 hours has an hour of the day before that', () => {
    expect(before('America/New_York', '2026-03-09T04:00Z', '2026-03-10T03:59:59.999Z')).toEqual([
      '2026-03-07T23:00:00.000-05:00',
      '2026-03-08T23:59:59.999-04:00',
    ]);
  });
});

describe('a period that is not over is compared up to the same moment', () => {
  const NEW_YORK = 'America/New_York';
  test.each([
    ['today', 'UTC', '2026-11-29', '2026-11-29T02:16Z', '2026-11-28T00:00Z', '2026-11-28T02:16Z'],
    [
      'the first of a month',
      'UTC',
      '2026-11-01',
      '2026-11-01T02:16Z',
      '2026-10-31T00:00Z',
      '2026-10-31T02:16Z',
    ],
    ['days', 'UTC', '2026-11-23', '2026-11-29T02:16Z', '2026-11-16T00:00Z', '2026-11-22T02:16Z'],
    ['a month', 'UTC', '2026-11-01', '2026-11-29T02:16Z', '2026-10-01T00:00Z', '2026-10-29T02:16Z'],
    [
      'two days of a month',
      'UTC',
      '2026-11-01',
      '2026-11-02T02:16Z',
      '2026-10-01T00:00Z',
      '2026-10-02T02:16Z',
    ],
    [
      'a month after a shorter one',
      'UTC',
      '2026-03-01',
      '2026-03-31T10:00Z',
      '2026-02-01T00:00Z',
      '2026-02-28T23:59:59.999Z',
    ],
    [
      'its last common day',
      'UTC',
      '2026-03-01',
      '2026-03-28T10:00Z',
      '2026-02-01T00:00Z',
      '2026-02-28T10:00Z',
    ],
    ['a January', 'UTC', '2026-01-01', '2026-01-10T10:00Z', '2025-12-01T00:00Z', '2025-12-10T10:00Z'],
    [
      'days from a first of an earlier month',
      'UTC',
      '2026-10-01',
      '2026-11-03T10:00Z',
      '2026-08-28T00:00Z',
      '2026-09-30T10:00Z',
    ],
    [
      'the day after one of 23 hours',
      NEW_YORK,
      '2026-03-09T04:00Z',
      '2026-03-09T14:00Z',
      '2026-03-08T05:00Z',
      '2026-03-08T14:00Z',
    ],
    [
      'a time that yesterday skipped',
      NEW_YORK,
      '2026-03-09T04:00Z',
      '2026-03-09T06:30Z',
      '2026-03-08T05:00Z',
      '2026-03-08T07:30Z',
    ],
    [
      'the day after one of 25 hours',
      NEW_YORK,
      '2026-11-02T05:00Z',
      '2026-11-02T15:00Z',
      '2026-11-01T04:00Z',
      '2026-11-01T15:00Z',
    ],
    [
      'a month with a clock change',
      NEW_YORK,
      '2026-11-01T04:00Z',
      '2026-11-29T15:00Z',
      '2026-10-01T04:00Z',
      '2026-10-29T14:00Z',
    ],
    [
      'days after one that never was',
      'Pacific/Apia',
      '2011-12-30T10:00Z',
      '2011-12-31T20:00Z',
      '2011-12-28T10:00Z',
      '2011-12-29T20:00Z',
    ],
  ] as const)('%s', (_, zone, start, now, from, to) => {
    const range = { start: Date.parse(start), end: Date.parse(now) };
    const found = previousRange(range, zone, true);
    expect([written(found.start, zone), written(found.end, zone)]).toEqual([
      written(Date.parse(from), zone),
      written(Date.parse(to), zone),
    ]);
  });

  test('one that does not begin with a day has as many milliseconds before it', () => {
    const [start, end] = [Date.parse('2026-11-28T10:00Z'), Date.parse('2026-11-29T10:00Z')];
    expect(previousRange({ start, end }, 'UTC', true)).toEqual({ start: start - DAY - 1, end: start - 1 });
  });

  test('whatever the zone, the day and the time', () => {
    // The reference looks at quarters of an hour.
    const zones = ZONES.filter((zone) => !['America/St_Johns', 'America/Goose_Bay'].includes(zone));
    const changes = CHANGE_DAYS.map(([, day]) => Date.parse(day));
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...changes),
        fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 70 })),
        fc.integer({ min: -2, max: 33 }),
        fc.integer({ min: 0, max: DAY - 1 }),
        fc.boolean(),
        (zone, change, length, later, time, endsNow) => {
          const midnight = change + later * DAY;
          const start = startOfDay(zone, midnight - length * DAY);
          const end = Math.max(start, startOfDay(zone, midnight) + time);
          const found = previousRange({ start, end }, zone, endsNow);
          expect(found).toEqual(periodBefore({ start, end, endsNow, timezone: zone }));
        },
      ),
      { numRuns: 600 },
    );
  });
});
