import { describe, expect, test } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import { parseStatsRequest } from '../../../src/stats/parse/parse-request.ts';
import { statsQuery, exportQuery } from '../../../src/stats/parse/requested-query.ts';
import type { StatsRequest } from '../../../src/stats/request.ts';
import { DIMENSION_NAMES, FILTER_NAMES, goesWith } from '../../../src/stats/registry/dimension-names.ts';
import { DIMENSIONS } from '../../../src/stats/registry/dimensions.ts';
import { INTERVAL_NAMES } from '../../../src/stats/registry/intervals.ts';
import { DEFAULT_METRICS } from '../../../src/stats/registry/metrics.ts';
import { is } from '../../support/filters.ts';

const NOW = Date.parse('2026-01-31T10:00:00Z');
const CONTEXT = { now: NOW, timeZones: new Set(['UTC', 'Europe/Berlin']) };
type Raw = Readonly<Record<string, string | readonly string[]>>;

const parsed = (raw: Raw): StatsRequest => parseStatsRequest(raw, CONTEXT);

/** Status, code and field of the error that parsing ends in. */
function refusal(parse: () => unknown): readonly unknown[] {
  const error = errorOf(parse);
  return error === undefined ? [] : [error.status, error.code, error.field];
}

function errorOf(parse: () => unknown): AppError | undefined {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error;
  }
  return undefined;
}

test('nothing given: the defaults', () => {
  expect(parsed({})).toEqual({
    subject: { scope: 'all', ownerId: undefined },
    start: undefined,
    end: NOW,
    endsNow: true,
    isClamped: false,
    groupBy: ['time'],
    metrics: ['clicks', 'unique_clicks'],
    timezone: 'UTC',
    interval: undefined,
    weekStart: 'monday',
    breakdown: false,
    filters: [],
    segments: [],
    bots: 'include',
    limit: undefined,
    keptSince: undefined,
  });
});

describe('each parameter by itself', () => {
  test.each([
    ['trimmed', { group_by: ' os , city ,,' }, { groupBy: ['os', 'city'] }],
    ['duplicates dropped, in the order given', { group_by: 'os,city,os' }, { groupBy: ['os', 'city'] }],
    [
      'metrics in the registry’s order',
      { metrics: 'unique_clicks,clicks' },
      { metrics: [...DEFAULT_METRICS] },
    ],
    [
      'an order by a metric',
      { sort: '-p95_redirection_time' },
      { sort: { by: 'p95_redirection_time', isDescending: true } },
    ],
    [
      'an order by a dimension',
      { sort: ' city ', group_by: 'os,city' },
      { sort: { by: 'city', isDescending: false } },
    ],
    ['groups to pass over', { offset: '20', limit: '10' }, { offset: 20, limit: 10 }],
    [
      'empty is not given',
      { metrics: ' ', timezone: '' },
      { metrics: [...DEFAULT_METRICS], timezone: 'UTC' },
    ],
    ['two dimensions break down', { group_by: 'os,city' }, { breakdown: true }],
    ['unless told not to', { group_by: 'os,city', breakdown: 'false' }, { breakdown: false }],
    ['three do not', { group_by: 'os,city,time' }, { breakdown: false }],
    ['a scope in any case', { scope: 'ALL', owner_id: '*' }, { subject: { scope: 'all', ownerId: '*' } }],
    [
      'one URL, its code not split',
      { scope: 'anon', short_code: 'a,b' },
      { subject: { scope: 'anon', shortCode: 'a,b' }, filters: [] },
    ],
    [
      'names as they were sent',
      { scope: 'anon', short_code: [' ', ' a '] },
      { subject: { scope: 'anon', shortCode: ' a ' } },
    ],
    ['an owner as it was sent', { owner_id: 'me ' }, { subject: { scope: 'all', ownerId: 'me ' } }],
    ['a limit', { limit: '10000' }, { limit: 10_000 }],
    [
      'a date in the zone',
      { start_date: '2026-01-10', timezone: 'Europe/Berlin' },
      { start: Date.parse('2026-01-09T23:00Z') },
    ],
    ['later than now is now', { end_date: '2027-01-01' }, { end: NOW, endsNow: true, isClamped: true }],
    ['now is now', { end_date: String(NOW) }, { end: NOW, endsNow: true, isClamped: false }],
    [
      'an end before now',
      { end_date: '2026-01-31T09:59:59.999Z' },
      { end: NOW - 1, endsNow: false, isClamped: false },
    ],
    [
      'as databases write it',
      { start_date: '2026-01-10 12:00:00' },
      { start: Date.parse('2026-01-10T12:00Z') },
    ],
    ['a week', { end_date: '2026-W04' }, { end: Date.parse('2026-01-25T23:59:59.999Z') }],
    [
      'a start later than now, without an end',
      { start_date: '2027-01-01', end_date: ' ' },
      { start: NOW, end: NOW, isClamped: true },
    ],
    ['a zone that only Node lists', { timezone: 'America/New_York' }, { timezone: 'America/New_York' }],
    [
      'before 2000 is its first moment',
      { start_date: '1999-01-01' },
      { start: Date.UTC(2000, 0, 1), isClamped: true },
    ],
  ] as const satisfies readonly (readonly [string, Raw, Partial<StatsRequest>])[])(
    '%s',
    (_, raw, expected) => {
      expect(parsed(raw)).toMatchObject(expected);
    },
  );

  test.each([
    [{ group_by: 'planet' }, [422, 'validation_error', 'group_by']],
    [{ metrics: 'sessions' }, [422, 'validation_error', 'metrics']],
    [{ scope: 'mine' }, [422, 'validation_error', 'scope']],
    [{ timezone: 'Europe/berlin' }, [400, 'validation_error', 'timezone']],
    [{ interval: 'century' }, [400, 'validation_error', 'interval']],
    [{ interval: 'sunday_week' }, [400, 'validation_error', 'interval']],
    [{ week_start: 'tuesday' }, [400, 'validation_error', 'week_start']],
    [{ breakdown: 'yes' }, [400, 'validation_error', 'breakdown']],
    [{ bots: 'some' }, [400, 'validation_error', 'bots']],
    [{ compare: 'next' }, [400, 'validation_error', 'compare']],
    [{ limit: '0' }, [400, 'validation_error', 'limit']],
    [{ limit: '10001' }, [400, 'validation_error', 'limit']],
    [{ limit: '1.5' }, [400, 'validation_error', 'limit']],
    [{ start_date: 'yesterday' }, [400, 'validation_error', 'start_date']],
    [{ start_date: '20260110' }, [400, 'validation_error', 'start_date']],
    [{ end_date: '46000' }, [400, 'validation_error', 'end_date']],
    [{ metrics: ['clicks', 'clicks'] }, [400, 'validation_error', 'metrics']],
    [{ city: 'a\0' }, [400, 'validation_error', 'city']],
    [{ scope: 'anon' }, [400, 'validation_error', 'short_code']],
  ] as const satisfies readonly (readonly [Raw, readonly unknown[]])[])('%j: %j', (raw, expected) => {
    expect(refusal(() => parsed(raw))).toEqual(expected);
  });

  test.each(INTERVAL_NAMES)('interval %s', (interval) => {
    expect(parsed({ interval }).interval).toBe(interval);
  });
});

describe('between parameters', () => {
  test.each([
    [{ scope: 'anon', short_code: 'x', owner_id: 'me' }, 'owner_id'],
    [{ start_date: '2026-01-11', end_date: '2026-01-10' }, 'start_date'],
    // Clamped, both would be one moment.
    [{ start_date: '2027-02-01', end_date: '2027-01-01' }, 'start_date'],
    [{ start_date: '2027-01-01', end_date: '2026-02-01' }, 'start_date'],
    [{ start_date: '1999-02-01', end_date: '1999-01-01' }, 'start_date'],
  ])('%j: %s', (raw, field) => {
    expect(refusal(() => parsed(raw))).toEqual([400, 'validation_error', field]);
  });

  test.each(DIMENSION_NAMES)('%s with one URL: grouped by and filtered by only where it goes', (name) => {
    const anon = { scope: 'anon', short_code: 'x' };
    const goes = goesWith(name, 'anon');
    const wrong = (field: string) => (goes ? [] : [400, 'validation_error', field]);
    expect(refusal(() => parsed({ ...anon, group_by: name }))).toEqual(wrong('group_by'));
    if (name === 'time') return;
    const filters = JSON.stringify({ [name]: DIMENSIONS[name].example.split(',') });
    expect(refusal(() => parsed({ ...anon, filters }))).toEqual(wrong('filters'));
  });

  test('more buckets than an answer holds are refused, in an export not', () => {
    const question = parsed({ start_date: '2025-01-01', interval: '10_minute' });
    expect(refusal(() => statsQuery(question))).toEqual([400, 'validation_error', 'interval']);
    expect(refusal(() => exportQuery(question, undefined))).toEqual([]);
    expect(refusal(() => statsQuery({ ...question, groupBy: ['os'] }))).toEqual([]);
  });
});

describe('filters', () => {
  test.each([
    ['values are split at commas', { browser: 'Chrome, Firefox,' }, [is('browser', 'Chrome', 'Firefox')]],
    ['an escaped comma is none', { city: 'a\\,b,c' }, [is('city', 'a,b', 'c')]],
    ['given twice, they add up', { os: ['a', 'b'] }, [is('os', 'a', 'b')]],
    ['JSON is not split', { filters: '{"city":["a,b"]}' }, [is('city', 'a,b')]],
    ['a text is a list of one', { filters: '{"city":"a"}' }, [is('city', 'a')]],
    ['an operator in words', { filters: '{"city":{"is":["a"]}}' }, [is('city', 'a')]],
    ['all spellings add up', { filters: '{"city":{"is":"a"}}', city: 'b' }, [is('city', 'a', 'b')]],
    [
      'a link by another name',
      { filters: '{"url_id":["a"],"short_code":"b"}' },
      [is('short_code', 'a', 'b')],
    ],
    ['empty values are none', { filters: '{"city":[],"browser":[""]}', os: ',' }, []],
    ['blanks in JSON are a value', { filters: '{"city":[" "," a "]}', os: ' , ' }, [is('city', ' ', ' a ')]],
  ] as const)('%s', (_, raw, filters) => {
    expect(parsed(raw).filters).toEqual(filters);
  });

  test.each(FILTER_NAMES)('by %s', (name) => {
    const { example } = DIMENSIONS[name];
    const values = example.split(',');
    expect(parsed({ [name]: example }).filters).toEqual([is(name, ...values)]);
    expect(parsed({ filters: JSON.stringify({ [name]: values }) }).filters).toEqual([is(name, ...values)]);
  });

  test.each([
    ['continent', 'Eurpoe', 'continent cannot be "Eurpoe". It can be: Africa, Antarctica, Asia, Europe,'],
    ['continent', 'EU', 'It can be: Africa,'],
    ['hour_of_day', '24', 'hour_of_day cannot be "24". It can be: 0, 1,'],
    ['hour_of_day', '08', 'hour_of_day cannot be "08".'],
    ['weekday', '0', 'It can be: 1, 2, 3, 4, 5, 6, 7.'],
  ])('%s has few values, and %s is none of them', (name, value, message) => {
    for (const [field, raw] of [
      [name, { [name]: value }],
      ['filters', { filters: JSON.stringify({ [name]: [value] }) }],
    ] as const) {
      const error = errorOf(() => parsed(raw));
      expect([error?.status, error?.field]).toEqual([400, field]);
      expect(error?.message).toContain(message);
    }
  });

  test.each([
    '{"time":["x"]}',
    '{"planet":["x"]}',
    '{"city":[1]}',
    '{"city":null}',
    '{"city":{}}',
    '{"city":{"like":["x"]}}',
    '{"city":{"is":[1]}}',
    '["city"]',
    'null',
    '{',
    '{"city":["\\u0000"]}',
    '{"__proto__":["x"]}',
  ])('%s is refused', (filters) => {
    expect(refusal(() => parsed({ filters }))).toEqual([400, 'validation_error', 'filters']);
  });

  test.each([
    [{ filters: '{"planet":["x"]}' }, 'filters cannot name planet, which', 'It can name: browser, '],
    [{ filters: '{"Browsers":["x"]}' }, 'filters cannot name Browsers, which', 'Did you mean browser?'],
    [
      { scope: 'anon', short_code: 'x', filters: '{"short_code":["x"]}' },
      'filters cannot name short_code with scope=anon',
      'about one URL',
    ],
    [{ scope: 'anon', short_code: 'x', filters: '{"url_id":["x"]}' }, 'url_id with scope=anon'],
  ])('%j is refused with the reason', (raw, ...parts) => {
    for (const part of parts) expect(() => parsed(raw)).toThrow(part);
  });
});

describe('a country that nobody knows', () => {
  test.each([
    ['Germny', 'Did you mean Germany?'],
    ['united  statse', 'Did you mean United States?'],
    ['Atlantis', 'Write it as in DE or Germany.'],
    ['ZZ', 'Write it as in DE or Germany.'],
    [`G${'e'.repeat(50_000)}`, 'Write it as in DE or Germany.'],
  ])('%s: %s', (value, hint) => {
    for (const raw of [{ country: `DE,${value}` }, { filters: JSON.stringify({ country: ['de', value] }) }]) {
      const [field] = Object.keys(raw);
      const error = errorOf(() => parsed(raw));
      expect([error?.status, error?.field]).toEqual([400, field]);
      expect(error?.message).toContain(hint);
      expect(error?.message.length).toBeLessThan(200);
    }
  });

  test('blanks are none', () => {
    expect(refusal(() => parsed({ filters: '{"country":" "}' }))).toEqual([
      400,
      'validation_error',
      'filters',
    ]);
  });
});

describe('defaults that depend on what is made', () => {
  test('an answer is of seven days and a thousand groups, an export of everything', () => {
    const question = parsed({});
    const week = NOW - 7 * 86_400_000;
    expect(statsQuery(question)).toMatchObject({
      range: { start: week, end: NOW },
      limit: 1_000,
      interval: 'day',
    });
    expect(exportQuery(question, undefined)).toMatchObject({
      range: { start: week, end: NOW },
      limit: undefined,
    });
    expect(exportQuery(question, Date.UTC(2020, 0, 1)).range.start).toBe(Date.UTC(2020, 0, 1));
  });

  test('minutes are of the last 24 hours where no start is given', () => {
    const day = { start: NOW - 86_400_000, end: NOW };
    const question = parsed({ interval: 'minute' });
    expect([statsQuery(question).range, exportQuery(question, 0).range]).toEqual([day, day]);
    const start_date = '2026-01-30T00:00';
    expect(statsQuery(parsed({ interval: 'minute', start_date })).range.start).toBe(Date.UTC(2026, 0, 30));
  });

  test.each([
    [{ interval: 'week', week_start: 'sunday' }, 'sunday_week'],
    [{ interval: 'week', week_start: 'monday' }, 'week'],
    [{ interval: 'month', week_start: 'sunday' }, 'month'],
    [{ start_date: '2025-06-01', week_start: 'sunday' }, 'sunday_week'],
  ] as const)('weeks begin on the day asked for, also where none are asked for: %j', (raw, interval) => {
    expect(statsQuery(parsed(raw)).interval).toBe(interval);
  });

  test('compare adds the period before', () => {
    const day = { start_date: '2026-01-30', end_date: '2026-01-30', compare: 'previous' };
    const query = statsQuery(parsed(day));
    expect(query.previous).toEqual({ start: Date.UTC(2026, 0, 29), end: Date.UTC(2026, 0, 30) - 1 });
    const month = statsQuery(parsed({ start_date: '2026-01-01', compare: 'previous' }));
    expect(month.previous).toEqual({ start: Date.UTC(2025, 11, 1), end: Date.UTC(2025, 11, 31, 10) });
    expect(exportQuery(parsed(day), undefined).previous).toEqual(query.previous);
    const whole = exportQuery(parsed({ compare: 'previous' }), NOW - 1_000);
    expect(whole.previous).toEqual({ start: NOW - 2_001, end: NOW - 1_001 });
    const plain = parsed({});
    expect([statsQuery(plain), exportQuery(plain, undefined)]).toEqual([
      expect.not.objectContaining({ previous: expect.anything() }),
      expect.not.objectContaining({ previous: expect.anything() }),
    ]);
  });
});
