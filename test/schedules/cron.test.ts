import { describe, expect, jest, test } from '@jest/globals';
import { Cron } from 'croner';
import * as fc from '../support/fast-check.ts';
import { type CronTimes, checkCron, latestTime, nextTime } from '../../src/schedules/cron.ts';
import { CHANGE_DAYS, shownAt } from '../support/local-clock.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 31);

/** The clock of a zone, minute by minute, over some days around a change of it. */
interface Clock {
  readonly instants: readonly number[];
  readonly walls: readonly number[];
}

const clocks = new Map<string, Clock>();

function clockAround(zone: string, day: string): Clock {
  const key = `${zone} ${day}`;
  const known = clocks.get(key);
  if (known !== undefined) return known;
  const from = Date.parse(day) - 1.5 * DAY;
  const instants = Array.from({ length: (3.5 * DAY) / MINUTE }, (_, minute) => from + minute * MINUTE);
  const clock = { instants, walls: instants.map((instant) => shownAt(zone, instant)) };
  clocks.set(key, clock);
  return clock;
}

interface Line {
  readonly text: string;
  /** Its fields, by place. */
  readonly fields: readonly string[];
  /** The values of its field, by place. */
  readonly values: readonly ReadonlySet<number>[];
}

/** What a time of the clock must be like to be one of a line's. */
function matches({ fields, values }: Line, wall: number): boolean {
  const date = new Date(wall);
  const [minute, hour, month] = [date.getUTCMinutes(), date.getUTCHours(), date.getUTCMonth() + 1];
  const ofMonth = values[2]?.has(date.getUTCDate()) ?? false;
  const ofWeek = values[4]?.has(date.getUTCDay()) ?? false;
  const isDay = fields[2] === '*' || fields[4] === '*' ? ofMonth && ofWeek : ofMonth || ofWeek;
  return (
    isDay &&
    values[0]?.has(minute) === true &&
    values[1]?.has(hour) === true &&
    values[3]?.has(month) === true
  );
}

/** When a line runs on a clock: by looking at each of its minutes. */
function timesOn({ instants, walls }: Clock, line: Line): readonly number[] {
  const isOfDay = line.fields.slice(0, 2).every((field) => !field.includes('*'));
  const shown = new Set<number>();
  const times = new Set<number>();
  for (const [place, wall] of walls.entries()) {
    const instant = instants[place] ?? 0;
    const before = walls[place - 1] ?? wall - MINUTE;
    if (isOfDay) {
      const midnight = Math.floor(wall / DAY) * DAY;
      for (let skipped = before + MINUTE; skipped < wall; skipped += MINUTE) {
        if (skipped >= midnight && matches(line, skipped)) times.add(instant);
      }
    }
    if (matches(line, wall) && !(isOfDay && shown.has(wall))) times.add(instant);
    shown.add(wall);
  }
  return [...times].toSorted((one, other) => one - other);
}

const FIELDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

/** A field of a line, and the values that it stands for. */
function fieldOf([least, most]: readonly [number, number], likely: fc.Arbitrary<number>) {
  const all = Array.from({ length: most - least + 1 }, (_, place) => least + place);
  const list = fc.uniqueArray(likely, { minLength: 1, maxLength: 3 });
  return fc.oneof(
    { weight: 3, arbitrary: list.map((values) => ({ text: values.join(','), values })) },
    { weight: 1, arbitrary: fc.constant({ text: '*', values: all }) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 1, max: most }).map((step) => ({
        text: `*/${step}`,
        values: all.filter((value) => (value - least) % step === 0),
      })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(likely, likely).map((ends) => {
        const [from, to] = [Math.min(...ends), Math.max(...ends)];
        return {
          text: `${from}-${to}`,
          values: all.filter((value) => value >= from && value <= to),
        };
      }),
    },
  );
}

/** Clocks change in the small hours, and mostly by one. */
const likelyHour = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 23 }));
const likelyMinute = fc.oneof(fc.constantFrom(0, 30), fc.integer({ min: 0, max: 59 }));

const lines: fc.Arbitrary<Line> = fc
  .tuple(
    fieldOf(FIELDS[0], likelyMinute),
    fieldOf(FIELDS[1], likelyHour),
    fc.oneof(fieldOf(FIELDS[2], fc.integer({ min: 1, max: 31 })), star(FIELDS[2])),
    star(FIELDS[3]),
    fc.oneof(fieldOf(FIELDS[4], fc.integer({ min: 0, max: 6 })), star(FIELDS[4])),
  )
  .map((fields) => ({
    text: fields.map(({ text }) => text).join(' '),
    fields: fields.map(({ text }) => text),
    values: fields.map(({ values }) => new Set(values)),
  }));

function star([least, most]: readonly [number, number]) {
  const values = Array.from({ length: most - least + 1 }, (_, place) => least + place);
  return fc.constant({ text: '*', values });
}

/** Times that are looked at in one go: those of an hour of a line that runs each minute. */
const MOST = 60;

const written = (instant: number): string => new Date(instant).toISOString();

/** When the clock changes, or a moment in the middle where it does not. */
function changeOf({ instants, walls }: Clock): number {
  const place = walls.findIndex((wall, index) => index > 0 && wall - (walls[index - 1] ?? 0) !== MINUTE);
  return instants[place === -1 ? Math.floor(instants.length / 2) : place] ?? 0;
}

describe('around the changes of clocks', () => {
  test('the times of a line are those that a look at each minute finds', () => {
    const places = fc.oneof(
      fc.integer({ min: -150, max: 90 }).map((minutes) => ({ ofChange: true, minutes })),
      fc.integer({ min: 0, max: 2_000 }).map((minutes) => ({ ofChange: false, minutes })),
    );
    fc.assert(
      fc.property(fc.constantFrom(...CHANGE_DAYS), lines, places, ([timezone, day], line, place) => {
        const clock = clockAround(timezone, day);
        const begin = (place.ofChange ? changeOf(clock) : (clock.instants[0] ?? 0)) + place.minutes * MINUTE;
        const times = { cron: line.text, timezone };
        const all = timesOn(clock, line);
        const expected = all.filter((time) => time > begin).slice(0, MOST);
        const found: number[] = [];
        for (let at = begin; found.length < expected.length; found.push(at)) at = nextTime(times, at) ?? NaN;
        expect([times, found.map(written)]).toEqual([times, expected.map(written)]);
        const latest = all.findLast((time) => time <= begin + 59_999);
        if (latest !== undefined) {
          expect([times, written(latestTime(times, begin + 59_999) ?? 0)]).toEqual([times, written(latest)]);
        }
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['a skipped time of day, when the clock has jumped', '30 2 * * *', '2026-03-08T07:00Z'],
    ['one of several, too', '30 2,14 * * *', '2026-03-08T07:00Z'],
    ['a skipped time of every hour, the next hour', '30 * * * *', '2026-03-08T07:30Z'],
  ])('in New York in spring: %s', (_, cron, expected) => {
    const times = { cron, timezone: 'America/New_York' };
    expect(nextTime(times, Date.parse('2026-03-08T06:45Z'))).toBe(Date.parse(expected));
  });

  test.each([
    ['a time of day that happens twice, at its first', '30 1 * * *', '2026-11-02T06:30Z'],
    ['a time of every hour, both times', '30 * * * *', '2026-11-01T06:30Z'],
  ])('in New York in autumn: %s', (_, cron, expected) => {
    const times = { cron, timezone: 'America/New_York' };
    const first = Date.parse('2026-11-01T05:30Z');
    expect(nextTime(times, first - MINUTE)).toBe(first);
    expect(nextTime(times, first)).toBe(Date.parse(expected));
  });
});

test('the latest time of a line may be of years ago', () => {
  const times: CronTimes = { cron: '0 0 29 2 *', timezone: 'UTC' };
  expect(latestTime(times, NOW)).toBe(Date.UTC(2024, 1, 29));
  expect(latestTime(times, Date.UTC(2024, 1, 29))).toBe(Date.UTC(2024, 1, 29));
  expect(latestTime(times, Date.UTC(2024, 1, 29) - 1)).toBe(Date.UTC(2020, 1, 29));
});

describe('checkCron', () => {
  test.each([
    '* * * * *',
    '0 3 * * MON-FRI',
    '@daily',
    '*/5 0-6 1,15 * *',
    '0 0 L * *',
    '15 9 * * 1#1',
    '0  0 1 JAN *',
    ' 0\t3 * * *\t',
    '0 0 29 2 *',
    '0 0 31 2,3 *',
    '0 0 LW 2 *',
    '0 0 30 2 MON',
    '0 0 * 2 MON#5',
  ])('takes %s', (cron) => {
    expect(() => checkCron({ cron, timezone: 'Europe/Berlin' }, NOW)).not.toThrow();
  });

  test.each([
    ['', /five fields/],
    ['* * * *', /five fields/],
    ['0 * * * * *', /five fields/],
    ['? * * * *', /five fields/],
    ['0 0 * * *\n', /five fields/],
    [`${'0,'.repeat(60)}0 * * * *`, /five fields/],
    ['@reboot', /five fields/],
    ['60 * * * *', /cron is wrong: .*60/],
    ['0 24 * * *', /cron is wrong/],
    ['0 0 32 * *', /cron is wrong: .*day: 32\./],
    ['0 0 * 13 *', /cron is wrong: .*month: 13\./],
    ['0 0 * 0 *', /cron is wrong: .*month: 0\./],
    ['0 0 * * FUN', /cron is wrong/],
    ['0 0 30 2 *', /never comes/],
    ['0 0 31 FEB,APR *', /never comes/],
    ['0 0 30W 2 *', /never comes/],
  ])('refuses %j', (cron, message) => {
    let thrown: unknown;
    try {
      checkCron({ cron, timezone: 'Europe/Berlin' }, NOW);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'validation_error', status: 400, field: 'cron' });
    expect(String(thrown)).toMatch(message);
  });

  test('a day that never comes is not looked for through the years', () => {
    const nextRun = jest.spyOn(Cron.prototype, 'nextRun');
    const check = (cron: string) => () => checkCron({ cron, timezone: 'UTC' }, NOW);
    try {
      for (const cron of ['0 0 30 2 *', '* * 31 4,6 *', '0 0 31W 9 *'])
        expect(check(cron)).toThrow(/never comes/);
      expect(nextRun).not.toHaveBeenCalled();
      check('0 0 29 2 *')();
      expect(nextRun).toHaveBeenCalled();
    } finally {
      nextRun.mockRestore();
    }
  });
});
