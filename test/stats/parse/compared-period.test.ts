import { describe, expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { AppError } from '../../../src/errors.ts';
import { parseStatsRequest } from '../../../src/stats/parse/parse-request.ts';
import { statsQuery } from '../../../src/stats/parse/requested-query.ts';
import { comparedPeriod } from '../../../src/stats/parse/compared-period.ts';
import { periodToCompare } from '../../support/compared-period.ts';
import { CHANGE_DAYS, ZONES } from '../../support/local-clock.ts';
import { startOfDay, written } from '../../support/reference.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-29T10:20Z');

function asked(raw: Readonly<Record<string, string>>) {
  return parseStatsRequest(raw, { now: NOW, timeZones: new Set(['UTC', ...ZONES]) });
}

describe('the period that a range is compared with', () => {
  const [NEW_YORK, BERLIN] = ['America/New_York', 'Europe/Berlin'];
  test.each([
    ['year', 'UTC', '2026-01-01', '2026-01-31', '2025-01-01', '2025-01-31T23:59:59.999'],
    ['year', 'UTC', '2024-02-29', '2024-02-29', '2023-02-28', '2023-02-28T23:59:59.999'],
    ['year', 'UTC', '2024-02-01', '2024-02-29', '2023-02-01', '2023-02-28T23:59:59.999'],
    ['year', 'UTC', '2025-02-01', '2025-02-28', '2024-02-01', '2024-02-28T23:59:59.999'],
    // The 28th in the evening, and the 29th in the morning, which becomes the 28th.
    ['year', 'UTC', '2024-02-28T20:00', '2024-02-29T08:00', '2023-02-28T20:00', '2023-02-28T20:00'],
    ['year', 'UTC', '2026-11-01', '', '2025-11-01', '2025-11-29T10:20'],
    ['year', BERLIN, '2026-03-29T12:00', '2026-03-30T12:00', '2025-03-29T12:00', '2025-03-30T12:00'],
    ['year', BERLIN, '2026-03-30T02:30', '2026-03-31', '2025-03-30T03:30', '2025-03-31T23:59:59.999'],
    ['year weekday', 'UTC', '2026-01-01', '2026-01-31', '2025-01-02', '2025-02-01T23:59:59.999'],
    ['year weekday', 'UTC', '2025-01-01', '2025-12-31', '2024-01-03', '2025-01-01T23:59:59.999'],
    ['year weekday', 'UTC', '2022-01-01', '2023-12-31', '2021-01-02', '2023-01-01T23:59:59.999'],
    ['year weekday', NEW_YORK, '2026-03-08', '2026-03-08', '2025-03-09', '2025-03-09T23:59:59.999'],
    ['previous weekday', 'UTC', '2026-11-10', '2026-11-10', '2026-11-03', '2026-11-03T23:59:59.999'],
    ['previous weekday', 'UTC', '2026-11-02', '2026-11-08', '2026-10-26', '2026-11-01T23:59:59.999'],
    ['previous weekday', 'UTC', '2026-11-02', '2026-11-09', '2026-10-19', '2026-10-26T23:59:59.999'],
    ['previous weekday', NEW_YORK, '2026-10-26', '2026-11-01', '2026-10-19', '2026-10-25T23:59:59.999'],
    ['previous weekday', 'UTC', '2026-11-29', '', '2026-11-22', '2026-11-22T10:20'],
    ['previous weekday', 'UTC', '2026-11-01', '', '2026-09-27', '2026-10-25T10:20'],
    // Seven days until now, both ends included, would begin with the last moment of those before.
    ['previous weekday', 'UTC', '', '', '2026-11-15T10:20', '2026-11-22T10:19:59.999'],
    ['2025-03-30/2025-W14', BERLIN, '2026-01-01', '2026-01-31', '2025-03-30', '2025-04-06T23:59:59.999'],
    [
      '1743289200 / 2025-04-01T00:00Z',
      'UTC',
      '2026-01-01',
      '2026-01-31',
      '2025-03-29T23:00',
      '2025-04-01T00:00',
    ],
    ['1999-06-01/2000-06-01', 'UTC', '2026-01-01', '2026-01-31', '2000-01-01', '2000-06-01T23:59:59.999'],
  ] as const)('%s in %s, %s to %s: %s to %s', (words, timezone, start_date, end_date, start, end) => {
    const [compare = '', match = ''] = words.split(/ (?=weekday)/);
    const { previous } = statsQuery(asked({ compare, match, timezone, start_date, end_date }));
    const at = (text: string): number => asked({ start_date: text, timezone }).start ?? 0;
    expect([previous?.start, previous?.end].map((instant) => written(instant ?? 0, timezone))).toEqual(
      [start, end].map((text) => written(at(text), timezone)),
    );
  });

  test('is none where it lies before 2000', () => {
    expect(statsQuery(asked({ compare: 'year', start_date: '2000-05-01' })).previous).toEqual({
      start: Date.UTC(1999, 4, 1),
      end: Date.parse('2025-11-29T10:20Z'),
    });
    const first = { start_date: '2000-01-01', end_date: '2000-12-31' };
    for (const compare of ['year', 'previous', '1998-01-01/1998-12-31']) {
      expect(statsQuery(asked({ ...first, compare })).previous).toBeNull();
    }
  });

  test('whatever the zone, the days and the time', () => {
    // The reference looks at quarters of an hour; a day that a zone skipped has no first or last moment.
    const zones = ZONES.filter(
      (zone) => !['America/St_Johns', 'America/Goose_Bay', 'Pacific/Apia'].includes(zone),
    );
    const kinds = ['previous', 'year'] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...CHANGE_DAYS.map(([, day]) => Date.parse(day))),
        fc.constantFrom(...kinds),
        fc.boolean(),
        fc.constantFrom(0, 7, 52 * 7, 365, -1),
        fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: -2, max: 2 })),
        fc.tuple(
          fc.constantFrom(0, 3_600_000, 34_567_890),
          fc.integer({ min: 0, max: DAY - 1 }),
          fc.boolean(),
        ),
        (timezone, change, kind, matchesWeekdays, back, [length, later], [from, time, isWhole]) => {
          const midnight = change + (later + back) * DAY;
          const start = startOfDay(timezone, midnight - length * DAY) + from;
          const end = Math.max(start, startOfDay(timezone, midnight + DAY) - (isWhole ? 1 : DAY - time));
          const found = comparedPeriod(
            { start, end },
            { kind, matchesWeekdays },
            { timezone, endsNow: !isWhole },
          );
          const compare = { to: kind, byWeekday: matchesWeekdays };
          expect(found).toEqual(periodToCompare({ start, end, endsNow: !isWhole, timezone }, compare));
        },
      ),
      { numRuns: 150 },
    );
  });
});

test.each([
  [{ compare: 'next' }, 'compare', 'or two dates: 2025-01-01/2025-01-31.'],
  [{ compare: '2025-01-01/2025-02-01/2025-03-01' }, 'compare', 'or two dates'],
  [{ compare: '/2025-02-01' }, 'compare', 'compare must be an ISO 8601 date'],
  [{ compare: '2025-02-30/2025-03-01' }, 'compare', 'compare must be an ISO 8601 date'],
  [{ compare: '20250101/20250131' }, 'compare', 'Write 2025-01-01'],
  [{ compare: '2025-02-01/2025-01-31' }, 'compare', 'lies after the second'],
  [{ compare: '2026-11-01/2026-11-29' }, 'compare', 'ends after now'],
  [{ compare: '2000-01-01/2026-01-01', interval: 'hour' }, 'compare', 'more than 10000 buckets'],
  [{ compare: 'year', match: 'month' }, 'match', 'match must be one of: weekday.'],
  [{ sort: '-change' }, 'sort', 'sort=change goes with compare only.'],
  [{ match: 'weekday' }, 'match', 'match goes with compare=previous or compare=year only.'],
  [{ compare: '2025-01-01/2025-01-31', match: 'weekday' }, 'match', 'goes with'],
])('%j is refused', (raw, field, message) => {
  let thrown: unknown;
  try {
    statsQuery(asked(raw));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(AppError);
  expect(thrown).toMatchObject({ code: 'validation_error', status: 400, field });
  expect(String(thrown)).toContain(message);
});
