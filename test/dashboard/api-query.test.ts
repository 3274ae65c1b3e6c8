import { describe, expect, test } from '@jest/globals';
import { parseAddress } from '../../src/dashboard/address.ts';
import type { StatsResult } from '../../src/dashboard/result-types.ts';
import { failureOf } from '../../src/dashboard/api.ts';
import { endsSlot, rangeName, slotName, slotTick } from '../../src/dashboard/date-text.ts';
import {
  changeOf,
  changeOfShare,
  byteSize,
  countryName,
  counted,
  percent,
  wholeNumber,
} from '../../src/dashboard/format.ts';
import { startOf } from '../../src/dashboard/period-choices.ts';
import { exportParameters, oldestParameters, statsParameters } from '../../src/dashboard/api-query.ts';
import { subjectOf } from '../../src/dashboard/subject.ts';
import { periodOfSlots } from '../../src/dashboard/zoom.ts';
import { shapeStats } from '../../src/stats/result/stats-result.ts';
import { buckets } from '../../src/stats/time/buckets.ts';
import { planStats } from '../../src/stats/plan-stats.ts';
import { columnsOf } from '../../src/stats/sql/compile.ts';
import { parseStatsRequest } from '../../src/stats/parse/parse-request.ts';
import { statsQuery } from '../../src/stats/parse/requested-query.ts';
import { parseDateParameter } from '../../src/lib/date-time.ts';
import { formatInstant } from '../../src/lib/time-zone.ts';
import { asSent } from '../support/as-sent.ts';
import { INTERVALS, INTERVAL_NAMES } from '../../src/stats/registry/intervals.ts';
import { RANGE_NAMES } from '../../src/stats/registry/ranges.ts';
import { condition, is } from '../support/filters.ts';

const NOW = Date.parse('2026-03-09T02:30:00Z');
const viewOf = (search: string) => parseAddress(search, 'UTC');
const ALL = { scope: 'all' } as const;

describe('whose clicks a view is about', () => {
  test.each([
    ['', true, ALL],
    ['', false, undefined],
    ['short_code=a', true, ALL],
    ['short_code=a', false, { scope: 'anon', shortCode: 'a' }],
    ['short_code=a&scope=anon', true, { scope: 'anon', shortCode: 'a' }],
    ['short_code=a&short_code=b', false, undefined],
    ['scope=anon', true, undefined],
  ])('%j, signed in: %j', (search, isSignedIn, subject) => {
    expect(subjectOf(viewOf(search), isSignedIn)).toEqual(subject);
  });
});

test.each([
  ['today', 'UTC', '2026-03-09'],
  ['today', 'America/New_York', '2026-03-08'],
  ['today', 'Pacific/Kiritimati', '2026-03-09'],
  ['24h', 'UTC', '2026-03-08T02:30:00.000Z'],
  ['7d', 'UTC', undefined],
  ['30d', 'UTC', '2026-02-08'],
  ['90d', 'America/New_York', '2025-12-09'],
  ['12mo', 'UTC', '2025-03-10'],
  ['all', 'UTC', '2000-01-01'],
  ['today', 'Mars/Base', '2026-03-09'],
] as const)('the period %s in %s starts at %s', (name, zone, start) => {
  expect(startOf(name, zone, NOW)).toBe(start);
});

/** What the service reads from parameters. */
function readBy(parameters: URLSearchParams) {
  return parseStatsRequest(Object.fromEntries(parameters), {
    now: NOW,
    timeZones: new Set(['UTC', 'Asia/Kolkata']),
  });
}

describe('the question to the API', () => {
  test('of a key’s owner', () => {
    const view = viewOf(
      'browser=Chrome&city=a,b&short_code=x%2Fy&bots=only&period=30d&timezone=Asia/Kolkata',
    );
    const question = readBy(statsParameters(view, ALL, NOW));
    expect(question).toMatchObject({
      subject: ALL,
      groupBy: ['time', 'browser', 'os', 'country', 'city', 'referrer', 'short_code'],
      breakdown: false,
      filters: [is('browser', 'Chrome'), is('city', 'a,b'), is('short_code', 'x/y')],
      bots: 'only',
      timezone: 'Asia/Kolkata',
      start: Date.parse('2026-02-07T18:30:00Z'),
      end: NOW,
      limit: 250,
    });
  });

  test('about one link, which is no filter then', () => {
    const view = viewOf('short_code=x&country=DE');
    const subject = { scope: 'anon', shortCode: 'x' } as const;
    const question = readBy(statsParameters(view, subject, NOW));
    expect(question).toMatchObject({ subject, filters: [is('country', 'DE')] });
    expect(question.groupBy).not.toContain('short_code');
  });

  test('has the lists that are shown, the map’s among them, in one order wherever they stand', () => {
    const groupBy = (search: string) => readBy(statsParameters(viewOf(search), ALL, NOW)).groupBy;
    const shown = ['time', 'device', 'country', 'property.a,b'];
    expect(groupBy('group_by=property.a%5C%2Cb,device')).toEqual(shown);
    expect(groupBy('group_by=device,country&group_by=property.a%5C%2Cb')).toEqual(shown);
  });

  test('has each filter, those that the page cannot read, and segments', () => {
    const filters = ['or', [{ os: 'Linux' }, { browser: { is_not: 'Chrome' } }]];
    const search = new URLSearchParams({ filters: JSON.stringify(filters), segment: 'phones,de' });
    const view = viewOf(`${search.toString()}&browser.isnt=x`);
    const parameters = statsParameters(view, ALL, NOW);
    expect(parameters.get('browser.isnt')).toBe('x');
    parameters.delete('browser.isnt');
    const question = readBy(parameters);
    expect(question.segments).toEqual(['phones', 'de']);
    expect(question.filters).toEqual([
      { operator: 'or', filters: [is('os', 'Linux'), condition('is_not', 'browser', ['Chrome'])] },
    ]);
  });

  test('for the oldest click has no filter', () => {
    const search = 'browser=Chrome&city.is_not=x&segment=a&browser.isnt=x&interval=hour';
    const asked = oldestParameters(viewOf(`${search}&short_code=b`), ALL);
    expect([...asked.keys()].toSorted()).toEqual([
      'breakdown',
      'group_by',
      'limit',
      'metrics',
      'scope',
      'start_date',
      'timezone',
    ]);
  });

  test.each(RANGE_NAMES)('of the range %s names it', (name) => {
    const { rangeName } = readBy(statsParameters(viewOf(`range=${name}`), ALL, NOW));
    expect(rangeName).toBe(name);
  });

  test('seven days of minutes are seven days', () => {
    const week = readBy(statsParameters(viewOf('interval=minute'), ALL, NOW));
    expect(week.start).toBe(NOW - 7 * 86_400_000);
  });

  test.each([
    ['', 'previous'],
    ['start_date=2025-01-01&end_date=2025-01-31', 'previous'],
    ['period=all', null],
    ['period=today', 'previous'],
    ['range=last_month', 'previous'],
    ['range=all', null],
    ['compare=year', 'year'],
    ['compare=none', null],
    ['compare=2025-01-01/2025-01-31', '2025-01-01/2025-01-31'],
  ])('of %j compares with: %s', (search, compare) => {
    expect(statsParameters(viewOf(search), ALL, NOW).get('compare')).toBe(compare);
  });
});

/** An answer without clicks, shaped by the service. */
function resultOf(search: string): Promise<StatsResult> {
  const query = statsQuery(readBy(statsParameters(viewOf(search), ALL, NOW)));
  const columns = columnsOf(planStats(query, { kind: 'every-owner' }));
  return asSent(shapeStats(query, { columns, rows: [[0, 0, 0, 0]] }, NOW));
}

test.each([
  ['', undefined, true],
  ['&start_date=2026-03-01&end_date=2027-01-01', undefined, true],
  ['&start_date=2026-03-01&end_date=2026-03-08', '2026-03-08T23:59:59.999Z', false],
])('an export of %j ends with what is shown, clicks a little ahead too', async (search, end, endsNow) => {
  const asked = exportParameters(viewOf(search), ALL, await resultOf(search), 'csv');
  expect(asked.get('end_date') ?? undefined).toEqual(end === undefined ? undefined : expect.any(String));
  const question = readBy(asked);
  expect([question.end, question.endsNow]).toEqual([end === undefined ? NOW : Date.parse(end), endsNow]);
  expect(question.interval).toBe('day');
});

test('an export asks for the same stretch of time, to the millisecond, and for all groups', async () => {
  const search = 'browser=Chrome&timezone=Asia/Kolkata&interval=hour&segment=phones&group_by=device';
  const asked = exportParameters(viewOf(search), ALL, await resultOf(search), 'csv');
  expect(asked.get('format')).toBe('csv');
  const question = readBy(asked);
  expect(question).toMatchObject({
    start: NOW - 7 * 86_400_000,
    end: NOW,
    interval: 'hour',
    limit: undefined,
    segments: ['phones'],
    groupBy: ['time', 'device', 'country'],
  });
  expect(question.filters).toEqual([is('browser', 'Chrome')]);
});

describe('zooming in on slots', () => {
  const slot = (start: string) => ({
    label: '',
    start,
    isRepeated: false,
    clicks: 0,
    visitors: 0,
    isPartial: false,
    previousClicks: undefined,
  });
  const days = ['01', '02', '03', '04'].map((day) => slot(`2026-03-${day}T00:00:00.000-05:00`));
  const hours = ['00:00:00.000-05:00', '01:00:00.000-05:00', '03:00:00.000-04:00'].map((hour) =>
    slot(`2026-03-08T${hour}`),
  );
  const NEW_YORK = 'America/New_York';
  const moving = { kind: 'relative', name: '7d' } as const;
  const march = { kind: 'fixed', start: '2026-03-01', end: '2026-03-04' } as const;
  const whole = {
    generated_at: '2026-03-09T02:30:00.000Z',
    time_range: { start_date: '2026-03-01T00:00:00.000-05:00', end_date: '2026-03-04T23:59:59.999-05:00' },
  };

  test.each([
    ['days in the middle', days, march, [1, 2], '2026-03-02', '2026-03-03'],
    ['to the end of fixed dates', days, march, [2, 3], '2026-03-03', '2026-03-04'],
    ['to the end of a period that moves', days, moving, [2, 3], '2026-03-03', undefined],
    ['hours', hours, march, [1, 1], '2026-03-08T01:00:00.000-05:00', '2026-03-08T01:59:59.999-05:00'],
  ] as const)('%s', (_, slots, shown, stretch, start, end) => {
    expect(periodOfSlots(slots, whole, shown, stretch, NEW_YORK)).toEqual({ kind: 'fixed', start, end });
  });

  test.each([
    ['2026-03-05T04:59:59.999Z', undefined],
    ['2026-03-09T02:30:00.000Z', '2026-03-04'],
  ])('to the end of a named range, asked for at %s, which may be over', (generated_at, end) => {
    const named = { kind: 'named', name: 'last_month' } as const;
    const zoomed = periodOfSlots(days, { ...whole, generated_at }, named, [2, 3], NEW_YORK);
    expect(zoomed).toEqual({ kind: 'fixed', start: '2026-03-03', end });
  });

  test('in another zone the days are not the same', () => {
    expect(periodOfSlots(days, whole, march, [1, 1], 'America/Chicago')).toEqual({
      kind: 'fixed',
      start: '2026-03-01T23:00:00.000-06:00',
      end: '2026-03-02T22:59:59.999-06:00',
    });
  });

  const HAVANA = 'America/Havana';
  const APIA = 'Pacific/Apia';
  test.each([
    // The clock shows midnight twice.
    [HAVANA, 'hour', '2026-11-01', 0, '2026-11-01', '2026-11-01T00:59:59.999-04:00'],
    [HAVANA, 'hour', '2026-11-01', 1, '2026-11-01T00:00:00.000-05:00', '2026-11-01T00:59:59.999-05:00'],
    [HAVANA, 'day', '2026-11-01', 0, '2026-11-01', '2026-11-01'],
    // It goes from midnight to one.
    [HAVANA, 'hour', '2026-03-08', 0, '2026-03-08', '2026-03-08T01:59:59.999-04:00'],
    [HAVANA, 'day', '2026-03-07', 0, '2026-03-07', '2026-03-07'],
    // The 30th never was.
    [APIA, 'day', '2011-12-29', 0, '2011-12-29', '2011-12-29'],
    [APIA, 'hour', '2011-12-29', 23, '2011-12-29T23:00:00.000-10:00', '2011-12-29'],
    [APIA, 'hour', '2011-12-29', 24, '2011-12-31', '2011-12-31T00:59:59.999+14:00'],
  ] as const)(
    '%s by the %s from %s, slot %d: is read as that slot',
    (zone, interval, from, at, start, end) => {
      const [first, last] = [
        Date.parse(`${from}T00:00Z`) - 86_400_000,
        Date.parse(`${from}T00:00Z`) + 4 * 86_400_000,
      ];
      const starts = [...buckets(interval, { start: first, end: last }, zone)].map(({ start }) => start);
      const begins = parseDateParameter(from, zone, 'start') ?? Number.NaN;
      const place = starts.indexOf(begins) + at;
      const slots = starts.map((instant) => slot(formatInstant(instant, zone)));
      const range = {
        ...whole,
        time_range: { start_date: formatInstant(first, zone), end_date: formatInstant(last, zone) },
      };
      expect(periodOfSlots(slots, range, march, [place, place], zone)).toEqual({ kind: 'fixed', start, end });
      expect(parseDateParameter(start, zone, 'start')).toBe(starts[place]);
      expect(parseDateParameter(end, zone, 'end')).toBe((starts[place + 1] ?? 0) - 1);
    },
  );

  test('the first slot begins where the range does', () => {
    const start_date = '2026-03-01T10:20:00.000-05:00';
    const cut = { ...whole, time_range: { ...whole.time_range, start_date } };
    expect(periodOfSlots(days, cut, moving, [0, 0], NEW_YORK)).toEqual({
      kind: 'fixed',
      start: start_date,
      end: '2026-03-01',
    });
  });
});

/** A slot of each interval: its start, how it reads in full and on the axis, and its last moment. */
const SLOTS: Readonly<Record<(typeof INTERVAL_NAMES)[number], readonly [string, string, string, string]>> = {
  minute: ['2026-10-05T13:41', 'Mon, 5 Oct 2026, 13:41', '13:41', '2026-10-05T13:41:59.999'],
  '10_minute': ['2026-10-05T13:40', 'Mon, 5 Oct 2026, 13:40', '13:40', '2026-10-05T13:49:59.999'],
  hour: ['2026-10-05T13:00', 'Mon, 5 Oct 2026, 13:00', '13:00', '2026-10-05T13:59:59.999'],
  day: ['2026-10-05T00:00', 'Mon, 5 Oct 2026', '5 Oct', '2026-10-05T23:59:59.999'],
  week: ['2026-10-05T00:00', 'Week of 5 Oct 2026', '5 Oct', '2026-10-11T23:59:59.999'],
  month: ['2026-10-01T00:00', 'October 2026', 'Oct 2026', '2026-10-31T23:59:59.999'],
  quarter: ['2026-10-01T00:00', 'Q4 2026', 'Q4 2026', '2026-12-31T23:59:59.999'],
  year: ['2026-01-01T00:00', '2026', '2026', '2026-12-31T23:59:59.999'],
};

describe('a slot', () => {
  test.each(INTERVAL_NAMES)('of a %s has its own name, and is complete only with its last moment', (name) => {
    const [wall, text, tick, end] = SLOTS[name];
    const start = `${wall}:00.000-05:00`;
    expect(slotName({ start, isRepeated: false }, INTERVALS[name])).toBe(text);
    expect(slotTick(start, INTERVALS[name], false)).toBe(tick);
    expect(endsSlot(`${end}-05:00`, INTERVALS[name])).toBe(true);
    const shorter = INTERVAL_NAMES.slice(0, INTERVAL_NAMES.indexOf(name)).map((other) => SLOTS[other][3]);
    for (const within of [wall.replace(/..$/, '00:58.999'), ...shorter.filter((one) => one !== end)])
      expect([within, endsSlot(`${within}-05:00`, INTERVALS[name])]).toEqual([within, false]);
  });
});

describe('in words', () => {
  test.each([
    [0, '0 clicks'],
    [1, '1 click'],
    [2_000, '2,000 clicks'],
  ])('%d are %s', (count, text) => expect(counted(count, 'click')).toBe(text));

  test.each([
    [1_234_567, '1,234,567'],
    [0, '0'],
    [999, '999'],
  ])('%d is %s', (value, text) => expect(wholeNumber(value)).toBe(text));

  test.each([
    [0, '0.0%'],
    [0.04, '<0.1%'],
    [4.55, '4.6%'],
    [100, '100.0%'],
  ])('a share of %d is %s', (value, text) => expect(percent(value)).toBe(text));

  test.each([
    [150, 100, '+50.0%', 'up 50.0% from 100 in the period compared with'],
    [50, 100, '\u221250.0%', 'down 50.0% from 100 in the period compared with'],
    [7, 7, '±0.0%', 'unchanged: 7 in the period compared with'],
    [0, 0, '±0.0%', 'unchanged: 0 in the period compared with'],
    [9_999, 10_000, '±0.0%', 'almost unchanged: 10,000 in the period compared with'],
    [7, 0, 'new', 'up from 0 in the period compared with'],
    [0, 7, '\u2212100.0%', 'down 100.0% from 7 in the period compared with'],
  ])('%d after %d', (value, before, text, words) => {
    expect(changeOf(value, before)).toMatchObject({ text, words });
  });

  test.each([
    [29.4, 31.25, '\u22121.9 pt', 'down 1.9 percentage points from 31.3% in the period compared with'],
    [2, 1.5, '+0.5 pt', 'up 0.5 percentage points from 1.5% in the period compared with'],
    [2, 2.01, '±0.0 pt', 'unchanged: 2.0% in the period compared with'],
  ])('a share of %d after %d', (value, before, text, words) => {
    expect(changeOfShare(value, before)).toMatchObject({ text, words });
  });

  test.each([
    ['DE', 'Germany'],
    ['XX', 'Unknown'],
    ['XK', 'Kosovo'],
    ['ZZZZ', 'ZZZZ'],
    ['<b>', '<b>'],
  ])('the country %s is %s', (code, name) => expect(countryName(code)).toBe(name));

  test.each([
    [0, '0.0 B'],
    [1_500, '1.5 kB'],
    [123_456_789, '123.5 MB'],
  ])('%d bytes are %s', (bytes, text) => expect(byteSize(bytes)).toBe(text));

  test.each([
    ['2026-01-24T00:00:00.000-05:00', '2026-01-31T23:59:59.999-05:00', '24 Jan 2026 – 31 Jan 2026'],
    ['2026-01-24T00:00:00.000+09:00', '2026-01-24T23:59:59.999+09:00', '24 Jan 2026'],
    ['2026-01-24T13:00:00.000Z', '2026-01-24T17:59:59.999Z', '24 Jan 2026, 13:00 – 18:00'],
    ['2026-01-24T13:00:00.000Z', '2026-01-25T12:34:56.000Z', '24 Jan 2026, 13:00 – 25 Jan 2026, 12:34'],
  ])('%s to %s', (start_date, end_date, name) => {
    expect(rangeName({ start_date, end_date })).toBe(name);
  });
});

describe('a failure', () => {
  test.each([
    // A proxy's page has no sentence.
    [414, undefined, null, { kind: 'long', message: expect.stringMatching(/^These filters are too long/) }],
    [
      431,
      { error: 'No.' },
      null,
      { kind: 'long', message: expect.stringMatching(/^These filters .* No\.$/) },
    ],
    [401, { error: 'No.' }, null, { kind: 'key', message: 'No.', retryAfter: undefined }],
    [429, { error: 'Wait.' }, '17', { kind: 'limited', retryAfter: 17 }],
    [503, { error: 'Gone.' }, '2', { kind: 'unavailable', retryAfter: 2 }],
    [502, undefined, 'soon', { kind: 'broken', retryAfter: undefined }],
    [302, { error: 7 }, null, { kind: 'broken' }],
  ])('%d', (status, body, retryAfter, expected) => {
    const failure = failureOf(status, body, retryAfter);
    expect(failure).toMatchObject(expected);
    expect(failure.message).toMatch(/^[A-Z].+\.$/);
  });
});
