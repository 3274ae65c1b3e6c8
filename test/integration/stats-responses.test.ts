import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createVersions } from '../../src/clickhouse/row-versions.ts';
import { MAX_ROWS_EACH } from '../../src/clickhouse/tombstones.ts';
import { MAX_SEGMENTS, SegmentStore } from '../../src/segments/segment-store.ts';
import { sql } from '../../src/sql/sql.ts';
import { parseTimeZone } from '../../src/stats/parse/requested-range.ts';
import { DIMENSION_NAMES } from '../../src/stats/registry/dimension-names.ts';
import { INTERVAL_NAMES } from '../../src/stats/registry/intervals.ts';
import { METRIC_NAMES } from '../../src/stats/registry/metrics.ts';
import {
  ADMIN_KEY,
  type SendOptions,
  type TestResponse,
  type TestSpoor,
  startSpoor,
} from '../support/spoor.ts';

type Query = NonNullable<SendOptions['query']>;

const DAY = 86_400_000;
const QUERY_PATH = '/api/v1/stats/query';
const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36';

/** Five clicks of 2025-01-24 in UTC; three visitors, one of them a program. */
const CLICKS = [
  {
    at: '08:00:00.125',
    ip: '192.0.2.1',
    user_agent: CHROME,
    browser: 'Chrome',
    country: 'US',
    redirect_ms: 10,
  },
  {
    at: '09:30:00',
    ip: '192.0.2.1',
    user_agent: CHROME,
    browser: 'Chrome',
    country: 'US',
    redirect_ms: 10.5,
  },
  {
    at: '10:00:00',
    ip: '192.0.2.2',
    user_agent: CHROME,
    browser: 'Firefox',
    country: 'TR',
    redirect_ms: 17.2,
  },
  { at: '10:00:00', ip: '192.0.2.2', user_agent: CHROME, browser: 'a, b', country: 'CZ' },
  { at: '23:59:59.999', ip: '192.0.2.3', user_agent: 'Googlebot/2.1', browser: 'Safari', country: 'HK' },
].map(({ at, ...fields }, index) => ({
  short_code: 'mine',
  clicked_at: `2025-01-24T${at}Z`,
  city: 'Somewhere',
  os: 'Some OS',
  referrer: [
    'https://google.com/',
    'https://google.com/search?q=1',
    'https://news.google.com/',
    '',
    'http://google.com.evil.example/',
  ][index],
  ...fields,
}));

const THAT_DAY = { start_date: '2025-01-24', end_date: '2025-01-24' };

let spoor: TestSpoor;
let key: string;
let otherKey: string;
let writeKey: string;

beforeAll(async () => {
  spoor = await startSpoor();
  key = await spoor.createKey('me');
  otherKey = await spoor.createKey('someone else');
  writeKey = await spoor.createKey('me', ['clicks:write']);
  const put = (code: string, body: unknown) => spoor.send('PUT', `/api/v1/urls/${code}`, { key, json: body });
  await put('open', { private_stats: false });
  await put('007', { private_stats: true });
  await spoor.send('POST', '/api/v1/clicks', { key, ndjson: CLICKS });
});
afterAll(() => spoor.stop());

const ask = (query: Query, options: SendOptions = {}) =>
  spoor.send('GET', '/api/v1/stats', { key, ...options, query });

/** The answer's body, which must be a 200. */
async function answerOf(query: Query, options: SendOptions = {}) {
  const { status, json, text } = await ask(query, options);
  expect([status, status === 200 ? '' : text]).toEqual([200, '']);
  return json;
}

async function refusalOf(query: Query, options: SendOptions = {}) {
  const { status, json } = await ask(query, options);
  return [status, json.code, json.field];
}

describe('the order of the checks', () => {
  const bad = { start_date: 'nonsense' };
  const wrongKey = { headers: { authorization: 'Bearer spoo_wrongwrongwrongwrongwrong' }, key: null };

  test.each([
    ['no key for scope=all before parameters', bad, { key: null }, 401],
    ['no key, the scope given in full', { ...bad, scope: 'all' }, { key: null }, 401],
    ['no key, the scope with blanks around it', { ...bad, scope: ' all ' }, { key: null }, 401],
    ['a wrong key before parameters', { ...bad, scope: 'anon' }, wrongKey, 401],
    ['a wrong key even where none is needed', { scope: 'anon', short_code: 'open' }, wrongKey, 401],
    ['a key that is no Bearer', {}, { key: null, headers: { authorization: 'Basic eDp5' } }, 401],
    ['anon: parameters before the URL', { ...bad, scope: 'anon', short_code: 'nobody' }, { key: null }, 400],
    ['anon: parameters before privacy', { ...bad, scope: 'anon', short_code: 'mine' }, { key: null }, 400],
    ['anon: an unknown URL before its privacy', { scope: 'anon', short_code: 'nobody' }, { key: null }, 404],
    ['private, no key', { scope: 'anon', short_code: 'mine' }, { key: null }, 401],
    ['public, no key', { scope: 'anon', short_code: 'open' }, { key: null }, 200],
    ['an unknown scope needs no key to be wrong', { scope: 'some' }, { key: null }, 422],
  ] as const)('%s', async (_, query, options, status) => {
    expect((await ask(query, options)).status).toBe(status);
  });

  test('with a key: parameters, then its scope, then the URL, then privacy', async () => {
    const anon = { scope: 'anon', short_code: 'nobody' };
    expect((await ask({ ...anon, ...bad }, { key: writeKey })).status).toBe(400);
    expect((await ask({ ...anon, group_by: 'x' }, { key: writeKey })).status).toBe(422);
    expect((await ask(anon, { key: writeKey })).status).toBe(403);
    expect((await ask(anon, { key: otherKey })).status).toBe(404);
    expect((await ask({ ...anon, short_code: 'mine' }, { key: otherKey })).status).toBe(403);
    expect((await ask({ ...anon, short_code: 'mine' }, { key: ADMIN_KEY })).status).toBe(200);
    expect((await ask({ owner_id: 'me', ...bad })).status).toBe(400);
    expect(await refusalOf({ owner_id: 'me' })).toEqual([403, 'forbidden', 'owner_id']);
  });

  test.each(['stats:read', 'urls:read', 'admin:all'])('%s is enough', async (scope) => {
    expect((await ask({}, { key: await spoor.createKey('me', [scope]) })).status).toBe(200);
  });

  test('route and method come first', async () => {
    expect((await spoor.send('GET', '/api/v1/stat', wrongKey)).status).toBe(404);
    expect((await spoor.send('POST', '/api/v1/stats', { ...wrongKey, json: {} })).status).toBe(405);
  });
});

describe('what an answer says', () => {
  test('defaults: seven days until now, by time, both metrics, UTC', async () => {
    // One who has not asked a moment ago gets no answer from then.
    const first = await spoor.createKey('asks for the first time');
    const before = Date.now();
    const json = await answerOf({}, { key: first });
    expect(Object.keys(json)).toEqual([
      'scope',
      'api_version',
      'generated_at',
      'filters',
      'group_by',
      'timezone',
      'time_range',
      'time_bucket_info',
      'summary',
      'metrics',
      'group_counts',
    ]);
    expect(json).toMatchObject({
      scope: 'all',
      api_version: 'v1',
      filters: {},
      group_by: ['time'],
      timezone: 'UTC',
    });
    const start = Date.parse(json.time_range.start_date);
    const end = Date.parse(json.time_range.end_date);
    expect(end - start).toBe(7 * DAY);
    expect(end).toBeGreaterThanOrEqual(before);
    expect(end).toBeLessThanOrEqual(Date.now());
    expect(Object.keys(json.metrics)).toEqual(['clicks_by_time', 'unique_clicks_by_time']);
    expect(json.group_counts).toEqual({});
  });

  test('no clicks: zeros, null, the empty days, no rates', async () => {
    const json = await answerOf({ start_date: '2024-01-01', end_date: '2024-01-02', group_by: 'time,os' });
    const day = (text: string) => ({ time: text, bucket_start: `${text}T00:00:00.000+00:00` });
    expect(json.summary).toEqual({
      total_clicks: 0,
      unique_clicks: 0,
      bot_clicks: 0,
      first_click: null,
      last_click: null,
      avg_redirection_time: 0,
    });
    expect(json).not.toHaveProperty('computed_metrics');
    expect(json.metrics).toEqual({
      clicks_by_time: ['2024-01-01', '2024-01-02'].map((text) => ({
        ...day(text),
        clicks: 0,
        clicks_percentage: 0,
      })),
      unique_clicks_by_time: ['2024-01-01', '2024-01-02'].map((text) => ({
        ...day(text),
        unique_clicks: 0,
        unique_clicks_percentage: 0,
      })),
      clicks_by_os: [],
      unique_clicks_by_os: [],
      clicks_by_time_os: [],
      unique_clicks_by_time_os: [],
    });
    expect(json.group_counts).toEqual({ os: 0, time_os: 0 });
  });

  test('summary, first and last click in the zone, rates', async () => {
    const json = await answerOf({ ...THAT_DAY, end_date: '2025-01-25', timezone: 'Asia/Calcutta' });
    expect(json.timezone).toBe('Asia/Calcutta');
    expect(json.summary).toEqual({
      total_clicks: 5,
      unique_clicks: 3,
      bot_clicks: 1,
      first_click: '2025-01-24T13:30:00.125+05:30',
      last_click: '2025-01-25T05:29:59.999+05:30',
      avg_redirection_time: 12.57,
    });
    expect(json.computed_metrics).toEqual({
      unique_click_rate: 60,
      repeat_click_rate: 40,
      average_clicks_per_visitor: 1.67,
    });
  });

  test('further metrics: a list each, and their totals behind those that every summary has', async () => {
    const metrics = 'human_clicks,last_click,p50_redirection_time,clicks_per_visitor,avg_redirection_time';
    const json = await answerOf({ ...THAT_DAY, group_by: 'browser', metrics });
    expect(Object.keys(json.metrics)).toEqual([
      'last_click_by_browser',
      'avg_redirection_time_by_browser',
      'human_clicks_by_browser',
      'p50_redirection_time_by_browser',
      'clicks_per_visitor_by_browser',
    ]);
    expect(Object.entries(json.summary).slice(5)).toEqual([
      ['avg_redirection_time', 12.57],
      ['human_clicks', 4],
      ['p50_redirection_time', 10.5],
      ['clicks_per_visitor', 1.67],
    ]);
    // The latest first, then by name.
    expect(json.metrics.last_click_by_browser).toEqual([
      { browser: 'Safari', last_click: '2025-01-24T23:59:59.999+00:00' },
      { browser: 'Firefox', last_click: '2025-01-24T10:00:00.000+00:00' },
      { browser: 'a, b', last_click: '2025-01-24T10:00:00.000+00:00' },
      { browser: 'Chrome', last_click: '2025-01-24T09:30:00.000+00:00' },
    ]);
    expect(json.metrics.human_clicks_by_browser).toEqual([
      { browser: 'Safari', human_clicks: 0, human_clicks_percentage: 0 },
      { browser: 'Firefox', human_clicks: 1, human_clicks_percentage: 25 },
      { browser: 'a, b', human_clicks: 1, human_clicks_percentage: 25 },
      { browser: 'Chrome', human_clicks: 2, human_clicks_percentage: 50 },
    ]);
    const valuesOf = (metric: string) =>
      json.metrics[`${metric}_by_browser`].map((row: Record<string, unknown>) => row[metric]);
    expect(valuesOf('p50_redirection_time')).toEqual([null, 17.2, null, 10.25]);
    expect(valuesOf('avg_redirection_time')).toEqual([0, 17.2, 0, 10.25]);
    expect(valuesOf('clicks_per_visitor')).toEqual([1, 1, 1, 2]);
  });

  test('a visitor is new where its first click lies, whatever is filtered, and of one URL where only that is asked about', async () => {
    const owner = await spoor.createKey('has visitors');
    const clicks = [
      ['first', '2025-01-01T12:00Z', 'Chrome', 'ann'],
      ['second', '2025-01-02T12:00Z', 'Chrome', 'ann'],
      ['second', '2025-01-02T13:00Z', 'Firefox', 'ben'],
      ['second', '2025-01-02T13:00Z', 'Chrome', 'ben'],
      ['second', '2025-01-03T13:00Z', 'Chrome', 'ben'],
      ['first', '2025-01-03T14:00Z', 'Safari', 'cyd'],
    ].map(([short_code, clicked_at, browser, visitor_id]) => ({
      short_code,
      clicked_at,
      browser,
      visitor_id,
    }));
    expect((await spoor.send('POST', '/api/v1/clicks', { key: owner, json: clicks })).status).toBe(200);
    const range = { start_date: '2025-01-02', end_date: '2025-01-03', interval: 'day', breakdown: 'false' };
    const metrics = 'new_visitors,returning_visitors';
    const visitors = async (query: Query) => {
      const json = await answerOf({ ...range, metrics, ...query }, { key: owner });
      const { new_visitors: isNew, returning_visitors: returning } = json.summary;
      const lists = Object.entries<readonly Record<string, unknown>[]>(json.metrics).map(([name, rows]) => [
        name,
        ...rows.map((row) => row[name.replace(/_by_.*/, '')]),
      ]);
      return [isNew, returning, lists] as const;
    };
    expect(await visitors({ group_by: 'time,browser' })).toEqual([
      2,
      1,
      [
        ['new_visitors_by_time', 1, 1],
        ['returning_visitors_by_time', 1, 1],
        // Chrome and Firefox at one moment, Safari.
        ['new_visitors_by_browser', 1, 1, 1],
        ['returning_visitors_by_browser', 1, 0, 0],
      ],
    ]);
    expect((await visitors({ browser: 'Chrome', start_date: '2025-01-03' })).slice(0, 2)).toEqual([0, 1]);
    expect((await visitors({ short_code: 'second' })).slice(0, 2)).toEqual([1, 1]);
    expect((await visitors({ scope: 'anon', short_code: 'second' })).slice(0, 2)).toEqual([2, 0]);
  });

  test('further metrics of a bucket without clicks: 0, and null where there is no such value', async () => {
    const metrics = 'bot_clicks,first_click,p99_redirection_time,clicks_per_visitor';
    const json = await answerOf({
      start_date: '2024-01-01',
      end_date: '2024-01-01',
      interval: 'day',
      metrics,
    });
    const [bots, first, slowest, perVisitor] = Object.values<unknown>(json.metrics);
    expect([bots, first, slowest, perVisitor]).toMatchObject([
      [{ bot_clicks: 0, bot_clicks_percentage: 0 }],
      [{ first_click: null }],
      [{ p99_redirection_time: null }],
      [{ clicks_per_visitor: 0 }],
    ]);
    expect(json.summary).toMatchObject({ p99_redirection_time: null, clicks_per_visitor: 0 });
  });

  test('scope=anon names the URL; time_bucket_info goes with time alone', async () => {
    const json = await answerOf({ ...THAT_DAY, scope: 'anon', short_code: 'mine', group_by: 'browser' });
    expect(json).toMatchObject({ scope: 'anon', short_code: 'mine' });
    expect(json).not.toHaveProperty('time_bucket_info');
    expect((await answerOf({ scope: 'anon', short_code: '007' })).short_code).toBe('007');
    expect((await answerOf({ short_code: 'mine' })).filters).toEqual({ short_code: ['mine'] });
  });

  test.each([
    ['10_minute', '10_minute', 10, '%Y-%m-%d %H:%M', '2025-01-24 08:00'],
    ['hour', 'hourly', 60, '%Y-%m-%d %H:00', '2025-01-24 08:00'],
    ['day', 'daily', 1_440, '%Y-%m-%d', '2025-01-24'],
    ['week', 'weekly', 10_080, '%G-W%V', '2025-W04'],
    ['month', 'monthly', 43_200, '%Y-%m', '2025-01'],
  ] as const)('interval=%s', async (interval, strategy, minutes, format, label) => {
    const json = await answerOf({ ...THAT_DAY, interval });
    expect(json.time_bucket_info).toEqual({
      strategy,
      interval_minutes: minutes,
      display_format: format,
      mongo_format: format,
      timezone: 'UTC',
    });
    expect(json.metrics.clicks_by_time.find(({ clicks }: { clicks: number }) => clicks > 0).time).toBe(label);
  });

  test.each([
    ['2025-01-24T00:00Z', '2025-01-24T01:00Z', '10_minute'],
    ['2025-01-24T00:00Z', '2025-01-24T01:00:00.001Z', 'hourly'],
    ['2025-01-24', '2025-01-24', 'hourly'],
    ['2025-01-24T00:00Z', '2025-01-25T01:00Z', 'hourly'],
    ['2025-01-24T00:00Z', '2025-01-25T01:00:00.001Z', 'daily'],
    ['2025-01-01T00:00Z', '2025-04-04T00:00Z', 'daily'],
    ['2025-01-01T00:00Z', '2025-04-04T00:00:00.001Z', 'weekly'],
    ['2024-01-01T00:00Z', '2025-01-06T00:00Z', 'weekly'],
    ['2024-01-01T00:00Z', '2025-01-06T00:00:00.001Z', 'monthly'],
  ])('%s to %s is %s', async (start_date, end_date, strategy) => {
    expect((await answerOf({ start_date, end_date })).time_bucket_info.strategy).toBe(strategy);
  });

  test.each([
    ['2025-03-09', 23],
    ['2025-11-02', 25],
    ['2025-06-01', 24],
  ])('%s in New York has %d hours, no two with one start', async (date, hours) => {
    const query = { start_date: date, end_date: date, timezone: 'America/New_York', interval: 'hour' };
    const list: { time: string; bucket_start: string }[] = (await answerOf(query)).metrics.clicks_by_time;
    expect(list).toHaveLength(hours);
    expect(new Set(list.map(({ bucket_start }) => bucket_start)).size).toBe(hours);
    // The hour that happens twice bears one label twice.
    expect(new Set(list.map(({ time }) => time)).size).toBe(Math.min(hours, 24));
  });

  test('a bucket may begin before the range, and Apia is 13 hours ahead', async () => {
    const { metrics } = await answerOf({
      start_date: '2025-01-24T10:20',
      end_date: '2025-01-24T11:10',
      timezone: 'Pacific/Apia',
      interval: 'hour',
    });
    expect(metrics.clicks_by_time.map((row: { bucket_start: string }) => row.bucket_start)).toEqual([
      '2025-01-24T10:00:00.000+13:00',
      '2025-01-24T11:00:00.000+13:00',
    ]);
  });

  test('limit cuts lists alike, not the counts of groups, and percentages stay those of the whole', async () => {
    const json = await answerOf({ ...THAT_DAY, group_by: 'browser,time', limit: '2' });
    expect(json.metrics.clicks_by_browser).toEqual([
      { browser: 'Chrome', clicks: 2, clicks_percentage: 40 },
      { browser: 'Firefox', clicks: 1, clicks_percentage: 20 },
    ]);
    expect(json.metrics.unique_clicks_by_browser).toEqual([
      { browser: 'Chrome', unique_clicks: 1, unique_clicks_percentage: 33.33 },
      { browser: 'Firefox', unique_clicks: 1, unique_clicks_percentage: 33.33 },
    ]);
    expect(json.metrics.clicks_by_time).toHaveLength(24);
    expect(json.metrics.clicks_by_browser_time).toHaveLength(2);
    expect(json.group_counts).toEqual({ browser: 4, browser_time: 5 });
  });

  test.each([
    ['-clicks', 'Chrome', ['Firefox', 'Safari', 'a, b']],
    ['clicks', 'Firefox', ['Safari', 'a, b', 'Chrome']],
    ['-browser', 'a, b', ['Safari', 'Firefox', 'Chrome']],
    ['p50_redirection_time', 'Chrome', ['Firefox', 'Safari', 'a, b']],
    ['-p50_redirection_time', 'Firefox', ['Chrome', 'Safari', 'a, b']],
  ])('sort=%s', async (sort, first, others) => {
    const query = { ...THAT_DAY, group_by: 'browser', sort };
    const lists = async (more: Query) => {
      const { metrics, group_counts } = await answerOf({ ...query, ...more });
      expect(group_counts).toEqual({ browser: 4 });
      const names = ['clicks', 'unique_clicks'].map((metric) =>
        metrics[`${metric}_by_browser`].map(({ browser }: { browser: string }) => browser),
      );
      expect(names[1]).toEqual(names[0]);
      return names[0];
    };
    expect(await lists({})).toEqual([first, ...others]);
    expect(await lists({ offset: '1' })).toEqual(others);
    expect(await lists({ offset: '1', limit: '2' })).toEqual(others.slice(0, 2));
    expect(await lists({ offset: '4' })).toEqual([]);
    expect(await lists({ offset: '1000000000', limit: '1' })).toEqual([]);
  });

  test.each([
    ['os_version', ['8.1', '9', '10', '100', 'Unknown', 'XP']],
    ['-os_version', ['100', '10', '9', '8.1', 'XP', 'Unknown']],
  ])('sort=%s: numbers as numbers, other values behind them', async (sort, order) => {
    const versions = ['9', 'XP', '10', '100', 'Unknown', '8.1'];
    const ndjson = versions.map((os_version) => ({ short_code: `versions ${sort}`, os_version }));
    const owner = await spoor.createKey(`versions ${sort}`);
    expect((await spoor.send('POST', '/api/v1/clicks', { key: owner, ndjson })).json.accepted).toBe(6);
    const { metrics } = await answerOf({ group_by: 'os_version', sort }, { key: owner });
    expect(metrics.clicks_by_os_version.map((row: { os_version: string }) => row.os_version)).toEqual(order);
  });

  test('other=true: what a limit cuts off is one row, and a visitor in two of its groups is one', async () => {
    const query = { ...THAT_DAY, group_by: 'browser', other: 'true' };
    const { metrics, group_counts } = await answerOf({ ...query, limit: '1' });
    expect(group_counts).toEqual({ browser: 4 });
    expect(metrics.clicks_by_browser.slice(1)).toEqual([
      { browser: null, other: true, clicks: 3, clicks_percentage: 60 },
    ]);
    expect(metrics.unique_clicks_by_browser.slice(1)).toEqual([
      { browser: null, other: true, unique_clicks: 2, unique_clicks_percentage: 66.67 },
    ]);
    expect((await answerOf({ ...query, limit: '4' })).metrics.clicks_by_browser).toHaveLength(4);
  });

  test('duplicates in group_by and metrics are dropped, lists come in the order of group_by', async () => {
    const json = await answerOf({ ...THAT_DAY, group_by: 'os,time,os', metrics: 'clicks,clicks' });
    expect(json.group_by).toEqual(['os', 'time']);
    expect(Object.keys(json.metrics)).toEqual(['clicks_by_os', 'clicks_by_time', 'clicks_by_os_time']);
  });

  test.each([
    ['time', undefined, []],
    ['time,os', undefined, ['time_os']],
    ['time,os', 'false', []],
    ['time,os,city', undefined, []],
    ['time,os,city', 'true', ['time_os_city']],
  ])('group_by=%s with breakdown=%s', async (group_by, breakdown, names) => {
    const json = await answerOf({
      ...THAT_DAY,
      group_by,
      metrics: 'clicks',
      ...(breakdown === undefined ? {} : { breakdown }),
    });
    expect(Object.keys(json.metrics).slice(group_by.split(',').length)).toEqual(
      names.map((name) => `clicks_by_${name}`),
    );
  });
});

describe('filters', () => {
  const count = async (query: Query) => (await answerOf({ ...THAT_DAY, ...query })).summary.total_clicks;

  test.each([
    ['one value', { browser: 'Chrome' }, 2],
    ['alternatives', { browser: 'Chrome,Firefox' }, 3],
    ['given twice they add up', { browser: ['Chrome', 'Firefox'] }, 3],
    ['single and JSON add up', { browser: 'Chrome', filters: '{"browser":["Firefox"]}' }, 3],
    ['dimensions are combined', { browser: 'Chrome', country: 'TR' }, 0],
    ['case-sensitive', { browser: 'chrome' }, 0],
    ['a comma by backslash', { browser: 'a\\, b' }, 1],
    ['a comma in JSON', { filters: '{"browser":"a, b"}' }, 1],
    ['blanks around', { browser: '  Chrome ,  ' }, 2],
    ['empty is not given', { browser: '', filters: ' ', bots: '' }, 5],
    ['an empty list is not given', { filters: '{"browser":[]}' }, 5],
    ['a country by code', { country: 'US' }, 2],
    ['a country by name', { country: 'United States' }, 2],
    ['Turkey', { country: 'Turkey' }, 1],
    ['Türkiye', { country: 'Türkiye' }, 1],
    ['a code in lower case', { country: 'us' }, 2],
    ['Czech Republic', { filters: '{"country":["Czech Republic","Hong Kong"]}' }, 2],
    ['the unknown country', { country: 'Unknown' }, 0],
    ['a host is that host alone', { referrer: 'google.com' }, 2],
    ['a full URL is that page', { referrer: 'https://google.com' }, 1],
    ['a full URL is normalised', { referrer: 'https://GOOGLE.com/search/?x=y#z' }, 1],
    ['a host with a slash, a port, a dot', { referrer: '//Google.com.:443/' }, 2],
    ['a host and path', { referrer: 'google.com/search' }, 1],
    ['Direct', { referrer: 'Direct' }, 1],
    ['a host and Direct', { referrer: 'news.google.com,Direct' }, 2],
    ['codes', { short_code: 'nobody,mine' }, 5],
    ['without bots', { bots: 'exclude' }, 4],
    ['bots only', { bots: 'only' }, 1],
  ])('%s', async (_, query, clicks) => {
    expect(await count(query)).toBe(clicks);
  });

  test.each(DIMENSION_NAMES.filter((name) => name !== 'time'))(
    'a filter by %s agrees with a list by it',
    async (name) => {
      const all = await answerOf({ ...THAT_DAY, group_by: name });
      for (const row of all.metrics[`clicks_by_${name}`]) {
        const json = await answerOf({
          ...THAT_DAY,
          group_by: name,
          filters: JSON.stringify({ [name]: [row[name]] }),
        });
        expect(json.summary.total_clicks).toBe(
          json.metrics[`clicks_by_${name}`].reduce(
            (sum: number, each: { clicks: number }) => sum + each.clicks,
            0,
          ),
        );
        expect(json.metrics[`clicks_by_${name}`]).toContainEqual({
          ...row,
          clicks_percentage: expect.any(Number),
        });
      }
    },
  );

  test('are echoed merged, as given', async () => {
    const json = await answerOf({
      filters: '{"country":"Turkey","browser":["a, b"]}',
      browser: ['x,y', 'z\\,'],
    });
    expect(json.filters).toEqual({ country: ['Turkey'], browser: ['a, b', 'x', 'y', 'z,'] });
  });
});

describe('tags', () => {
  const ANY_TIME = { start_date: '2025-01-01', end_date: '2025-12-31' };
  const tagger = { key: '' };
  const put = (code: string, tags: readonly string[]) =>
    spoor.send('PUT', `/api/v1/urls/${code}`, { ...tagger, json: { tags } });
  const clicksByTag = async (query: Query = {}) => {
    const { summary, metrics } = await answerOf({ ...ANY_TIME, group_by: 'tag', ...query }, tagger);
    const rows: readonly { tag: string; clicks: number }[] = metrics.clicks_by_tag;
    return [summary.total_clicks, Object.fromEntries(rows.map(({ tag, clicks }) => [tag, clicks]))];
  };
  beforeAll(async () => {
    tagger.key = await spoor.createKey('tagger');
    const clicks = ['tag-a', 'tag-a', 'tag-b', 'tag-c'].map((code) => ({
      short_code: code,
      clicked_at: '2025-01-24T12:00:00Z',
      visitor_id: 'the same',
    }));
    await spoor.send('POST', '/api/v1/clicks', { ...tagger, json: clicks });
    await put('tag-a', ['spring', 'one, two']);
    await put('tag-b', ['spring']);
  });

  test('a click counts under each of its URL’s, once in the summary and in other lists', async () => {
    const { summary, metrics, group_counts } = await answerOf(
      { ...ANY_TIME, group_by: 'short_code,tag', limit: '2' },
      tagger,
    );
    expect(summary).toMatchObject({ total_clicks: 4, unique_clicks: 1 });
    expect(metrics.clicks_by_tag).toEqual([
      { tag: 'spring', clicks: 3, clicks_percentage: 75 },
      { tag: 'one, two', clicks: 2, clicks_percentage: 50 },
    ]);
    expect(metrics.unique_clicks_by_tag[0]).toEqual({
      tag: 'spring',
      unique_clicks: 1,
      unique_clicks_percentage: 100,
    });
    expect(metrics.clicks_by_short_code[0]).toEqual({
      short_code: 'tag-a',
      clicks: 2,
      clicks_percentage: 50,
    });
    expect(metrics.clicks_by_short_code_tag.map((row: { clicks: number }) => row.clicks)).toEqual([2, 2]);
    expect(group_counts).toEqual({ short_code: 3, tag: 3, short_code_tag: 4 });
  });

  test.each<[Query, number]>([
    [{ tag: 'spring' }, 3],
    [{ tag: 'one\\, two,nothing' }, 2],
    [{ tag: '(none)' }, 1],
    [{ 'tag.is_not': 'one\\, two' }, 2],
    [{ 'tag.contains': 'none' }, 1],
    [{ 'tag.does_not_contain': 'two' }, 2],
    [{ filters: '["is","tag",["SPRING"],{"case_sensitive":false}]' }, 3],
    [{ 'tag.matches': '^s,^one' }, 3],
  ])('filters see each of them: %j', async (query, clicks) => {
    const [total] = await clicksByTag(query);
    expect(total).toBe(clicks);
  });

  test('a change counts at once, and a deleted URL’s are no more', async () => {
    const before = { spring: 3, 'one, two': 2, '(none)': 1 };
    expect(await clicksByTag()).toEqual([4, before]);
    await put('tag-c', ['new']);
    expect(await clicksByTag()).toEqual([4, { spring: 3, 'one, two': 2, new: 1 }]);
    await put('tag-c', []);
    expect(await clicksByTag()).toEqual([4, before]);
    await put('tag-d', ['gone']);
    await spoor.send('POST', '/api/v1/clicks', {
      ...tagger,
      json: { short_code: 'tag-d', clicked_at: '2025-02-01' },
    });
    expect(await clicksByTag({ tag: 'gone' })).toEqual([1, { gone: 1 }]);
    await spoor.send('DELETE', '/api/v1/urls/tag-d', tagger);
    expect(await clicksByTag({ tag: 'gone' })).toEqual([0, {}]);
  });

  test('are nobody else’s to see, and no question of one URL', async () => {
    const others = await answerOf({ ...ANY_TIME, group_by: 'tag' });
    expect(others.metrics.clicks_by_tag).toEqual([{ tag: '(none)', clicks: 5, clicks_percentage: 100 }]);
    await spoor.send('PUT', '/api/v1/urls/tag-a', { ...tagger, json: { private_stats: false } });
    const anon = { ...ANY_TIME, scope: 'anon', short_code: 'tag-a' };
    for (const options of [{ key: null }, tagger]) {
      expect(await refusalOf({ ...anon, group_by: 'tag' }, options)).toEqual([
        400,
        'validation_error',
        'group_by',
      ]);
      expect(await refusalOf({ ...anon, tag: 'spring' }, options)).toEqual([400, 'validation_error', 'tag']);
    }
  });
});

describe('filter operators', () => {
  const many = Array.from({ length: 1_000 }, (_, index) => `no ${index}`);
  test.each([
    [{ browser: { is_not: ['Chrome', 'Safari'] } }, 2],
    [{ browser: { is: ['CHROME', ...many], case_sensitive: false } }, 2],
    [{ browser: { is_not: ['CHROME', ...many], case_sensitive: false } }, 3],
    [{ browser: { contains: [...many, 'fox', ', '] } }, 2],
    [{ browser: { contains: [...many, 'FOX'], case_sensitive: false } }, 1],
    [{ browser: { does_not_contain: [...many, 'fox'] } }, 4],
    [{ browser: { starts_with: [...many, 'C', 'hrome'] } }, 2],
    [{ browser: { starts_with: ['c', 'f'], case_sensitive: false } }, 3],
    [{ browser: { ends_with: [...many, 'e', 'fo'] } }, 2],
    [{ browser: { contains: ['%', '_'] } }, 0],
    [{ browser: { matches: ['^[CF]', 'f.r'] } }, 4],
    [{ browser: { does_not_match: ['^c'], case_sensitive: false } }, 3],
    [{ browser: { matches: ['^Chrome$'], contains: ['o'] }, country: { is_not: ['Turkey'] } }, 2],
    [{ country: { starts_with: ['United'] } }, 2],
    [{ country: { does_not_contain: ['U'] } }, 3],
    [{ country: { matches: ['^T.$'] } }, 1],
    [{ referrer: { is_not: ['google.com'] } }, 3],
    [{ referrer: { starts_with: ['google.com'] } }, 3],
    [{ referrer: { starts_with: ['http://'] } }, 1],
    [{ referrer: { contains: ['irect'] } }, 1],
    [{ referrer: { ends_with: ['.com'] } }, 2],
    [['or', [{ browser: 'Chrome' }, ['not', { country: { is_not: 'TR' } }]]], 3],
    [['not', ['or', [{ browser: 'Chrome' }, { country: 'TR' }]]], 2],
  ])('%.100j finds %d', async (filters, clicks) => {
    for (const path of ['/api/v1/stats', '/api/v1/export']) {
      const query = { ...THAT_DAY, format: 'json', filters: JSON.stringify(filters) };
      const { format: _, ...asked } = query;
      const { status, json } = await spoor.send('GET', path, {
        key,
        query: path.endsWith('stats') ? asked : query,
      });
      expect([status, json.summary?.total_clicks, json.filters === undefined]).toEqual([200, clicks, false]);
    }
  });

  test.each([
    ['(a', 'missing )'],
    ['a**', 'bad repetition'],
    ['(?<=a)b', 'invalid perl operator'],
    ['\\1', 'invalid escape'],
    ['[z-a]', 'invalid character class range'],
    ["x', error: y. Look at https://(", 'missing )'],
  ])('the pattern %s is refused: %s', async (pattern, reason) => {
    const query = { ...THAT_DAY, 'os.matches': `fine,${pattern.replaceAll(',', '\\,')}` };
    for (const [path, asked] of [
      ['/api/v1/stats', query],
      ['/api/v1/stats', query],
      ['/api/v1/export', { ...query, format: 'csv' }],
    ] as const) {
      const { status, json } = await spoor.send('GET', path, { key, query: asked });
      expect([status, json.code, json.field]).toEqual([400, 'validation_error', 'filters']);
      expect(json.error).toContain(reason);
    }
  });
});

describe('segments', () => {
  const put = async (name: string, filters: unknown, by = key) =>
    spoor.send('PUT', `/api/v1/segments/${name}`, { key: by, json: { filters } });
  const counted = async (query: Query, by = key) => {
    const { status, json } = await spoor.send('GET', '/api/v1/stats', {
      key: by,
      query: { ...THAT_DAY, ...query },
    });
    return [status, json.summary?.total_clicks ?? json.field, json.filters];
  };

  test('stand for their filters until they are changed or deleted', async () => {
    const by = await spoor.createKey('has segments');
    const clicks = CLICKS.map((click) => ({ ...click, short_code: 'segmented' }));
    await spoor.send('POST', '/api/v1/clicks', { key: by, ndjson: clicks });
    const created = await put('fox', ['is', 'browser', 'Firefox'], by);
    expect([created.status, created.json.filters]).toEqual([201, { browser: ['Firefox'] }]);
    const asked = { segment: 'fox', country: 'TR' };
    const both = { country: ['TR'], browser: ['Firefox'] };
    expect(await counted(asked, by)).toEqual([200, 1, both]);
    expect(await counted(asked, by)).toEqual([200, 1, both]);
    const changed = await put('fox', { browser: { is_not: 'Firefox' } }, by);
    expect(changed.status).toBe(200);
    expect(await counted(asked, by)).toEqual([200, 0, { country: ['TR'], browser: { is_not: ['Firefox'] } }]);
    expect(await counted({ segment: 'fox' }, by)).toEqual([200, 4, { browser: { is_not: ['Firefox'] } }]);

    const other = await put('us', { country: 'US' }, by);
    const { json } = await spoor.send('GET', '/api/v1/segments', { key: by });
    expect(json.items).toEqual([changed.json, other.json]);
    expect((await spoor.send('GET', '/api/v1/segments/us', { key: by })).json).toEqual(other.json);
    const two = { browser: { is_not: ['Firefox'] }, country: ['US'] };
    expect(await counted({ segment: 'fox, us' }, by)).toEqual([200, 2, two]);
    expect(await counted({ segment: ['fox', 'us'] }, by)).toEqual([200, 2, two]);
    const batch = { ...THAT_DAY, segment: ['fox', 'us'] };
    const { json: batched } = await spoor.send('POST', '/api/v1/stats/query', {
      key: by,
      json: { queries: [batch, { ...batch, segment: 'nix' }] },
    });
    expect(batched.results.map((one: any) => [one.status, one.body.filters ?? one.body.field])).toEqual([
      [200, two],
      [400, 'segment'],
    ]);
    const { json: exported } = await spoor.send('GET', '/api/v1/export', {
      key: by,
      query: { ...THAT_DAY, format: 'json', segment: 'us' },
    });
    expect([exported.summary.total_clicks, exported.filters]).toEqual([2, { country: ['US'] }]);

    // Both hold, so that the lists do not add up.
    expect((await counted({ segment: 'us', country: 'TR' }, by)).slice(0, 2)).toEqual([200, 0]);
    const gone = await spoor.send('DELETE', '/api/v1/segments/fox', { key: by });
    expect(gone.status).toBe(204);
    expect((await spoor.send('DELETE', '/api/v1/segments/fox', { key: by })).status).toBe(404);
    expect((await spoor.send('GET', '/api/v1/segments/fox', { key: by })).status).toBe(404);
    expect((await counted(asked, by)).slice(0, 2)).toEqual([400, 'segment']);
    expect((await put('fox', { os: 'x' }, by)).status).toBe(201);
  });

  test('are of their owner alone', async () => {
    await put('mine', { browser: 'Chrome' });
    expect((await counted({ segment: 'mine' }, otherKey)).slice(0, 2)).toEqual([400, 'segment']);
    expect((await spoor.send('GET', '/api/v1/segments', { key: otherKey })).json).toEqual({ items: [] });
    const { json } = await spoor.send('GET', '/api/v1/stats', {
      key,
      query: { ...THAT_DAY, segment: 'mne' },
    });
    expect(json.error).toBe('There is no segment mne. Did you mean mine?');
    const anonymous = { scope: 'anon', short_code: 'open', segment: 'mine' };
    expect((await counted(anonymous)).slice(0, 1)).toEqual([200]);
    const { status } = await spoor.send('GET', '/api/v1/stats', { key: null, query: anonymous });
    expect(status).toBe(401);
  });

  test('an administrator names their owner, and nobody else another', async () => {
    const path = '/api/v1/segments/named';
    const json = { filters: { os: 'x' } };
    const query = { owner_id: 'named' };
    const send = (method: string, to: string, as: string | null) =>
      spoor.send(method, to, { key: as, query, ...(method === 'PUT' && { json }) });
    expect((await send('PUT', path, ADMIN_KEY)).status).toBe(201);
    const { json: listed } = await send('GET', '/api/v1/segments', ADMIN_KEY);
    expect(listed.items).toEqual([(await send('GET', path, ADMIN_KEY)).json]);
    const own = await spoor.createKey('named', ['stats:read', 'urls:write']);
    expect((await send('GET', '/api/v1/segments', own)).json).toEqual(listed);
    for (const [method, to] of [
      ['GET', '/api/v1/segments'],
      ['GET', path],
      ['PUT', path],
      ['DELETE', path],
    ] as const) {
      const refused = await send(method, to, otherKey);
      expect([refused.status, refused.json.field]).toEqual([403, 'owner_id']);
    }
    expect((await send('DELETE', path, ADMIN_KEY)).status).toBe(204);
    expect((await send('GET', '/api/v1/segments', own)).json.items).toEqual([]);
    const everybody = await spoor.send('GET', '/api/v1/segments', { query: { owner_id: '*' } });
    expect([everybody.status, everybody.json.field]).toEqual([400, 'owner_id']);
  });

  /** Creates segments of an owner at once. */
  const fill = async (ownerId: string, count: number): Promise<void> => {
    const rows = Array.from({ length: count }, (_, index) =>
      JSON.stringify([ownerId, `old${index}`, '{"os":["x"]}', 1]),
    );
    await spoor.database.insert('segments', ['owner_id', 'name', 'filters', 'version'], rows);
  };

  test('an owner has at most 100, also when several are created at once', async () => {
    await fill('full', MAX_SEGMENTS - 2);
    const by = await spoor.createKey('full', ['stats:read', 'urls:write']);
    const created = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map(async (name) => (await put(name, { os: 'x' }, by)).status),
    );
    expect(created.toSorted((a, b) => a - b)).toEqual([201, 201, 400, 400, 400]);
    const one = await put('old0', { os: 'y' }, by);
    expect(one.status).toBe(200);
    const full = await put('f', { os: 'x' }, by);
    expect([full.status, full.json.field]).toEqual([400, 'name']);
    expect((await spoor.send('DELETE', '/api/v1/segments/old1', { key: by })).status).toBe(204);
    expect((await put('f', { os: 'x' }, by)).status).toBe(201);
  });

  test('also when instances create them at once', async () => {
    await fill('shared', MAX_SEGMENTS - 1);
    const instances = [1, 2, 3].map(() => new SegmentStore(spoor.database, createVersions(Date.now)));
    const created = await Promise.allSettled(
      instances.map((one, index) =>
        one.put('shared', { name: `new${index}`, filters: '{}', changedAt: Date.now() }),
      ),
    );
    const stored = await instances[0]?.all('shared');
    expect(stored?.length).toBeLessThanOrEqual(MAX_SEGMENTS);
    const kept = stored?.filter(({ name }) => name.startsWith('new')).map(({ name }) => name);
    expect(kept).toEqual(
      created.flatMap(({ status }, index) => (status === 'fulfilled' ? [`new${index}`] : [])),
    );
  });

  test('that are created and deleted again and again leave little, and nothing after a day', async () => {
    const by = await spoor.createKey('busy');
    const DAY = 86_400_000;
    const remove = (name: string) => spoor.send('DELETE', `/api/v1/segments/${name}`, { key: by });
    for (const name of ['gone', 'again', 'kept'])
      expect((await put(name, { os: name }, by)).status).toBe(201);
    for (const name of ['gone', 'again']) expect((await remove(name)).status).toBe(204);
    expect((await put('again', { os: 'anew' }, by)).status).toBe(201);
    await spoor.database.commandText(`
      INSERT INTO segments (owner_id, name, changed_at, is_deleted, version)
      SELECT 'busy', concat('old', toString(number)), now64(3) - 86401, true, 1 FROM numbers(${MAX_ROWS_EACH - 3})`);
    const full = await put('new', { os: 'x' }, by);
    expect([full.status, full.headers.get('retry-after')]).toEqual([503, '3600']);
    expect((await put('old1', { os: 'old' }, by)).status).toBe(201);

    const stored = async () =>
      (
        await spoor.database.rows<[string]>(
          sql`SELECT DISTINCT name FROM segments WHERE owner_id = 'busy' ORDER BY name`,
        )
      ).flat();
    const segments = new SegmentStore(spoor.database, createVersions(Date.now));
    await segments.removeTombstones(Date.now() - DAY);
    expect(await stored()).toEqual(['again', 'gone', 'kept', 'old1']);
    await segments.removeTombstones(Date.now() + DAY);
    expect(await stored()).toEqual(['again', 'kept', 'old1']);
    const { items } = (await spoor.send('GET', '/api/v1/segments', { key: by })).json;
    expect(items.map(({ filters }: any) => filters)).toEqual(
      ['anew', 'kept', 'old'].map((os) => expect.objectContaining({ os: expect.arrayContaining([os]) })),
    );
    expect((await put('new', { os: 'x' }, by)).status).toBe(201);
  });

  test('with a link’s code do not go with a question about one', async () => {
    await put('code', { short_code: 'mine' });
    expect((await counted({ segment: 'code' })).slice(0, 2)).toEqual([200, 5]);
    const asked = { scope: 'anon', short_code: 'open', segment: 'code' };
    expect((await counted(asked)).slice(0, 2)).toEqual([400, 'segment']);
  });

  test.each([
    ['a.b', { os: 'x' }, 'name'],
    ['a'.repeat(65), { os: 'x' }, 'name'],
    ['a', {}, 'filters'],
    ['a', { os: [] }, 'filters'],
    ['a', 'os', 'filters'],
    ['a', { colour: 'x' }, 'filters'],
    ['a', { os: { matches: '(' } }, 'filters'],
  ])('%s with %j is refused', async (name, filters, field) => {
    const { status, json } = await put(name, filters);
    expect([status, json.code, json.field]).toEqual([400, 'validation_error', field]);
  });
});

describe('refusals name their field', () => {
  const many = (name: string, ...values: string[]): Query => ({ [name]: values });
  test.each([
    ['start_date', 400, { start_date: 'yesterday' }],
    ['start_date', 400, { start_date: '2025-02-30' }],
    ['start_date', 400, { start_date: '20250124' }],
    ['end_date', 400, { start_date: '2000-01-01', end_date: '0' }],
    ['start_date', 400, { start_date: '2025-01-25', end_date: '2025-01-24' }],
    ['start_date', 400, many('start_date', '2025-01-24', '2025-01-25')],
    ['end_date', 400, { end_date: '20250124T00' }],
    ['timezone', 400, { timezone: 'utc' }],
    ['timezone', 400, { timezone: 'asia/kolkata' }],
    ['timezone', 400, { timezone: 'Mars/Olympus' }],
    ['timezone', 400, { timezone: '+01:00' }],
    ['timezone', 400, many('timezone', 'UTC', 'UTC')],
    ['interval', 400, { interval: 'fortnight' }],
    ['sort', 400, { sort: '-nonsense' }],
    ['sort', 400, { sort: 'clicks,browser', group_by: 'browser' }],
    ['sort', 400, { sort: 'browser', group_by: 'os' }],
    ['sort', 400, { sort: ['clicks', '-clicks'] }],
    ['offset', 400, { offset: '-1' }],
    ['offset', 400, { offset: '1.5' }],
    ['other', 400, { other: 'yes' }],
    ['offset', 400, { offset: '1000000001' }],
    ['interval', 400, { interval: 'toString' }],
    ['interval', 400, { interval: 'hour', start_date: '2020-01-01', end_date: '2025-01-01' }],
    ['breakdown', 400, { breakdown: 'yes' }],
    ['bots', 400, { bots: 'no' }],
    ['country', 400, { country: 'US,Atlantis' }],
    ['filters', 400, { filters: '{"country":"Atlantis"}' }],
    ['limit', 400, { limit: '0' }],
    ['limit', 400, { limit: '10001' }],
    ['limit', 400, { limit: '1e3' }],
    ['limit', 400, { limit: '2.5' }],
    ['limit', 400, { limit: '-1' }],
    ['limit', 400, many('limit', '1', '1')],
    ['filters', 400, { filters: '{' }],
    ['filters', 400, { filters: '[]' }],
    ['filters', 400, { filters: 'null' }],
    ['filters', 400, { filters: '{"browser":1}' }],
    ['filters', 400, { filters: '{"browser":["a",1]}' }],
    ['filters', 400, { filters: '{"time":["2025"]}' }],
    ['filters', 400, { filters: '{"planet":["x"]}' }],
    ['filters', 400, { filters: '{"__proto__":["x"]}' }],
    ['filters', 400, { filters: '{"constructor":["x"]}' }],
    ['filters', 400, { filters: '{"browser":{"isnt":["x"]}}' }],
    ['filters', 400, { filters: '["is","browser"]' }],
    ['browser.isnt', 400, { 'browser.isnt': 'x' }],
    ['country.is_not', 400, { 'country.is_not': 'Atlantis' }],
    ['short_code.is_not', 400, { scope: 'anon', short_code: 'open', 'short_code.is_not': 'x' }],
    ['filters', 400, { filters: '{"browser":["a\\u0000"]}' }],
    ['filters', 400, { scope: 'anon', short_code: 'open', filters: '{"short_code":["open"]}' }],
    ['browser', 400, { browser: 'a\0' }],
    ['short_code', 400, { scope: 'anon' }],
    ['short_code', 400, { scope: 'anon', short_code: ' ' }],
    ['short_code', 400, { scope: 'anon', short_code: ['open', 'open'] }],
    ['group_by', 400, { scope: 'anon', short_code: 'open', group_by: 'short_code' }],
    ['group_by', 400, many('group_by', 'os', 'os')],
    ['scope', 422, { scope: 'everything' }],
    ['group_by', 422, { group_by: 'time,planet' }],
    ['group_by', 422, { group_by: 'Time' }],
    ['metrics', 422, { metrics: 'clicks,revenue' }],
    ['metrics', 422, { metrics: '__proto__' }],
  ] as const)('%s: %d for %j', async (field, status, query) => {
    expect(await refusalOf(query)).toEqual([status, 'validation_error', field]);
  });

  test('the 10,000th bucket is the last that is allowed, and only with time', async () => {
    const query = { start_date: '2025-01-01T00:00Z', end_date: '2025-03-11T10:39Z', interval: '10_minute' };
    expect((await answerOf(query)).metrics.clicks_by_time).toHaveLength(10_000);
    const longer = { ...query, end_date: '2025-03-11T10:40Z' };
    expect(await refusalOf(longer)).toEqual([400, 'validation_error', 'interval']);
    expect((await ask({ ...longer, group_by: 'os' })).status).toBe(200);
  });

  test('unknown parameters are refused each time, also where the others have a cached response', async () => {
    expect((await ask(THAT_DAY)).status).toBe(200);
    expect((await ask({ ...THAT_DAY, _: '1', cb: '2', t: '3' })).status).toBe(200);
    for (const name of ['colour', 'colour', 'Limit', 'constructor', '__proto__', 'format']) {
      expect(await refusalOf({ ...THAT_DAY, [name]: '1' })).toEqual([400, 'validation_error', name]);
    }
  });
});

describe('dates', () => {
  test('later than now is now, before 2000 is 2000', async () => {
    const before = Date.now();
    const { time_range } = await answerOf({ start_date: '1970-01-01', end_date: '2999-01-01' });
    expect(time_range.start_date).toBe('2000-01-01T00:00:00.000+00:00');
    const end = Date.parse(time_range.end_date);
    expect(end >= before && end <= Date.now()).toBe(true);
    expect([time_range.clamped, time_range.window_days]).toEqual([
      true,
      Math.round((end - Date.UTC(2000, 0, 1)) / 86_400_000),
    ]);
    const { time_range: ancient } = await answerOf({ start_date: '1970-01-01', end_date: '1999-12-31' });
    expect(ancient).toEqual({
      start_date: '2000-01-01T00:00:00.000+00:00',
      end_date: '2000-01-01T00:00:00.000+00:00',
      clamped: true,
      window_days: 1,
    });
    for (const [query, clamped, window_days] of [
      [{}, false, 7],
      [{ start_date: '2025-03-03', end_date: '2025-03-09', timezone: 'America/New_York' }, false, 7],
      [{ start_date: '2025-03-09T10:00', end_date: '2025-03-09T11:00' }, false, 1],
      [{ end_date: '2000-01-03' }, true, 3],
    ] as const) {
      expect((await answerOf(query)).time_range).toMatchObject({ clamped, window_days });
    }
  });

  test('digits that mean a date are refused with the date', async () => {
    const { json } = await ask({ start_date: '20250124' });
    expect(json.error).toBe('start_date is a Unix time before 2000. Write 2025-01-24.');
  });

  test('a time as a database writes it', async () => {
    const query = { start_date: '2025-01-24 08:00:00.125+00', end_date: '2025-01-24 10:00:00 UTC' };
    expect((await answerOf(query)).summary.total_clicks).toBe(4);
  });

  test('both ends are included, to the millisecond', async () => {
    const count = async (start_date: string, end_date: string) =>
      (await answerOf({ start_date, end_date })).summary.total_clicks;
    expect(await count('2025-01-24T08:00:00.125Z', '2025-01-24T10:00:00Z')).toBe(4);
    expect(await count('2025-01-24T08:00:00.126Z', '2025-01-24T09:59:59.999Z')).toBe(1);
    expect(await count('2025-01-24T23:59:59.999Z', '2025-01-24')).toBe(1);
  });

  test('the default start lies seven days before the end', async () => {
    const { time_range } = await answerOf({ end_date: '2025-03-12T12:00', timezone: 'America/New_York' });
    expect(time_range.start_date).toBe('2025-03-05T11:00:00.000-05:00');
  });

  test('a plus that was not encoded is a plus', async () => {
    const path = '/api/v1/stats?start_date=2025-01-24T00:00:00+05:30&end_date=2025-01-25';
    const { json } = await spoor.send('GET', path, { key });
    expect(json.time_range.start_date).toBe('2025-01-23T18:30:00.000+00:00');
  });
});

describe('a sender whose clock is ahead', () => {
  const MINUTE = 60_000;
  let ahead: string;
  let at: number;
  beforeAll(async () => {
    ahead = await spoor.createKey('ahead');
    at = Date.now();
    const clicks = [-1, 4, 10].map((minutes) => ({
      short_code: 'ahead',
      clicked_at: at + minutes * MINUTE,
      ip: `192.0.2.${minutes + 1}`,
      browser: `${minutes} minutes`,
    }));
    const { status } = await spoor.send('POST', '/api/v1/clicks', { key: ahead, json: clicks });
    expect(status).toBe(200);
  });
  const asked = (query: Query = {}) => answerOf(query, { key: ahead });

  test.each(INTERVAL_NAMES)(
    'clicks up to five minutes ahead are in the last bucket: %s',
    async (interval) => {
      const query = { start_date: String(at - 90 * MINUTE), group_by: 'time,browser', interval };
      const { summary, metrics, time_range } = await asked(query);
      expect(summary).toMatchObject({ total_clicks: 2, unique_clicks: 2 });
      expect(Date.parse(summary.last_click)).toBe(at + 4 * MINUTE);
      const end = Date.parse(time_range.end_date);
      expect(end).toBeLessThanOrEqual(Date.now());
      const starts = metrics.clicks_by_time.map((row: { bucket_start: string }) =>
        Date.parse(row.bucket_start),
      );
      expect(Math.max(...starts)).toBeLessThanOrEqual(end);
      expect(metrics.clicks_by_time.at(-1).clicks).toBeGreaterThanOrEqual(1);
      expect(metrics.clicks_by_time_browser).toContainEqual(
        expect.objectContaining({
          time: metrics.clicks_by_time.at(-1).time,
          browser: '4 minutes',
          clicks: 1,
        }),
      );
    },
  );

  test('in an export too, and of one URL; a range that ends before is as it is', async () => {
    const start_date = String(at - 90 * MINUTE);
    const query = { format: 'json', interval: '10_minute', start_date };
    const exported = (await spoor.send('GET', '/api/v1/export', { key: ahead, query })).json;
    expect(exported.summary.total_clicks).toBe(2);
    expect(exported.metrics.clicks_by_time.at(-1).clicks).toBeGreaterThanOrEqual(1);
    const everything = { key: ahead, query: { format: 'json' } };
    expect((await spoor.send('GET', '/api/v1/export', everything)).json.summary.total_clicks).toBe(2);
    expect((await asked({ scope: 'anon', short_code: 'ahead' })).summary.total_clicks).toBe(2);
    const over = await asked({ start_date, end_date: exported.time_range.end_date });
    expect(over.summary.total_clicks).toBe(1);
  });
});

test('every time zone that Node lists is answered, also where ClickHouse lacks it', async () => {
  const rows = await spoor.database.rows<[string]>(sql`SELECT time_zone FROM system.time_zones`);
  const ofClickHouse = new Set(rows.map(([zone]) => zone));
  const ofNode = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  for (const zone of ofNode) expect(parseTimeZone(zone, ofClickHouse)).toBe(zone);
  const lacking = ofNode.filter((zone) => !ofClickHouse.has(zone));
  for (const timezone of [...lacking, 'Asia/Calcutta', 'Asia/Kolkata']) {
    for (const interval of INTERVAL_NAMES) {
      const query = { ...THAT_DAY, timezone, interval, group_by: 'time,browser' };
      const answer = await answerOf(query);
      expect([answer.timezone, answer.summary.total_clicks > 0]).toEqual([timezone, true]);
      const csv = await spoor.send('GET', '/api/v1/export', { key, query: { ...query, format: 'csv' } });
      expect(csv.status).toBe(200);
    }
  }
});

describe('local time', () => {
  const range = { start_date: '2023-09-01', end_date: '2023-09-30' };
  const metrics = 'clicks';
  let key: string;
  beforeAll(async () => {
    key = await spoor.createKey('local time');
    // Of one week in UTC, and of one insert: elsewhere a new week or day has begun in between.
    const ndjson = ['2023-09-06T02:00Z', '2023-09-07T18:20Z', '2023-09-10T20:00Z'].map((clicked_at) => ({
      short_code: 'local time',
      clicked_at,
    }));
    expect((await spoor.send('POST', '/api/v1/clicks', { key, ndjson })).json.accepted).toBe(3);
  });

  test.each(['UTC', 'Asia/Tokyo', 'Asia/Kathmandu', 'America/Los_Angeles', 'Pacific/Apia'])(
    'in %s is filtered as it is shown',
    async (timezone) => {
      for (const name of ['weekday', 'hour_of_day']) {
        const own = { ...range, timezone, metrics };
        const shown = (await answerOf({ ...own, group_by: name }, { key })).metrics[`clicks_by_${name}`];
        expect(shown.reduce((sum: number, { clicks }: { clicks: number }) => sum + clicks, 0)).toBe(3);
        for (const { [name]: value, clicks } of shown) {
          const counts = await Promise.all(
            ['', '.is_not', '.starts_with', '.matches'].map(async (operator) => {
              const asked = operator === '.matches' ? `^${value}$` : value;
              const { summary } = await answerOf({ ...own, [`${name}${operator}`]: asked }, { key });
              return summary.total_clicks;
            }),
          );
          expect([value, ...counts]).toEqual([value, clicks, 3 - clicks, expect.anything(), clicks]);
          expect(counts[2]).toBeGreaterThanOrEqual(clicks);
        }
      }
    },
  );

  test.each<[string, readonly Query[], string, readonly number[]]>([
    [
      'in two intervals',
      [
        { interval: 'day', group_by: 'time', metrics },
        { interval: 'month', group_by: 'time,weekday', metrics },
      ],
      'weekday',
      [1, 1, 1],
    ],
    [
      'on two clocks and in two orders',
      [
        { group_by: 'browser', metrics: 'clicks_per_visitor' },
        { group_by: 'hour_of_day', metrics },
        { group_by: 'time', timezone: 'Asia/Kathmandu' },
      ],
      'hour_of_day',
      [1, 1, 1],
    ],
  ])('has all its groups where questions are asked together %s', async (_, asked, name, clicks) => {
    const some = { start_date: '2023-09-05T00:00Z', end_date: '2023-09-12T00:00Z' };
    const queries = asked.map((query) => ({ ...some, ...query }));
    const { results } = (await spoor.send('POST', QUERY_PATH, { key, json: { queries } })).json;
    expect(results.map(({ view }: { view: number }) => view)).toEqual(asked.map(() => 1));
    const found = results[1].body.metrics[`clicks_by_${name}`];
    expect(found.map((row: { clicks: number }) => row.clicks)).toEqual(clicks);
    expect(results[1].body.group_counts[name]).toBe(clicks.length);
  });
});

describe('the tag', () => {
  const query = { ...THAT_DAY, group_by: 'browser' };

  test('is weak, stays while the answer does, and gets a 304 without a body', async () => {
    const own = { key: await spoor.createKey('asks again') };
    const click = { short_code: 'asked again', clicked_at: '2025-01-24T12:00:00Z' };
    await spoor.send('POST', '/api/v1/clicks', { ...own, json: [click] });
    const first = await ask(query, own);
    // A click of that month that the question is not about: the answer is made anew, and says the same.
    const elsewhere = { ...click, clicked_at: '2025-01-02T12:00:00Z' };
    await spoor.send('POST', '/api/v1/clicks', { ...own, json: [elsewhere] });
    const second = await ask(query, own);
    expect(second.json.generated_at).not.toBe(first.json.generated_at);
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^W\/".+"$/);
    expect(second.headers.get('etag')).toBe(tag);
    // As a browser does, fetch sends `Cache-Control: no-cache` with it, which must not stop the 304.
    const third = await ask(query, { ...own, headers: { 'if-none-match': tag } });
    expect([third.status, third.text, third.headers.get('etag')]).toEqual([304, '', tag]);
  });

  test('differs where anything else does', async () => {
    const tagOf = async (other: Query) => (await ask({ ...query, ...other })).headers.get('etag');
    const tags = [{}, { timezone: 'Etc/UTC' }, { filters: '{"os":["Some OS"]}' }, { metrics: 'clicks' }];
    expect(new Set(await Promise.all(tags.map(tagOf))).size).toBe(tags.length);
    const stale = await ask(query, { headers: { 'if-none-match': 'W/"another"' } });
    expect(stale.status).toBe(200);
  });

  test('changes with a click, and no refusal has one', async () => {
    const own = await spoor.createKey('tagged');
    const click = { short_code: 'tagged', clicked_at: '2025-01-24T12:00:00Z' };
    await spoor.send('POST', '/api/v1/clicks', { key: own, json: [click] });
    const before = (await ask(query, { key: own })).headers.get('etag') ?? '';
    await spoor.send('POST', '/api/v1/clicks', { key: own, json: [click] });
    const after = await ask(query, { key: own, headers: { 'if-none-match': before } });
    expect([after.status, after.json.summary.total_clicks]).toEqual([200, 2]);
    expect((await ask({ limit: '0' })).headers.get('etag')).toBeNull();
  });
});

describe('questions as JSON', () => {
  const post = (json: unknown, options: SendOptions = {}) =>
    spoor.send('POST', QUERY_PATH, { key, ...options, json });

  test('one is answered as a GET is, with the same tag', async () => {
    const [asked, sent] = await Promise.all([
      ask({ ...THAT_DAY, group_by: 'time,browser', browser: 'Chrome,a\\, b', limit: '2', bots: 'exclude' }),
      post({
        ...THAT_DAY,
        group_by: ['time', 'browser'],
        filters: { browser: ['Chrome', 'a, b'] },
        limit: 2,
        bots: 'exclude',
      }),
    ]);
    expect(sent.status).toBe(200);
    expect(sent.json).toEqual({ ...asked.json, generated_at: sent.json.generated_at });
    expect(sent.headers.get('etag')).toBe(asked.headers.get('etag'));
  });

  test.each<[string, unknown, SendOptions, number, string | undefined]>([
    ['an unknown name', { groupby: 'os' }, {}, 400, 'groupby'],
    ['a value of no type', { limit: {} }, {}, 400, 'limit'],
    ['a value out of bounds', { limit: 0 }, {}, 400, 'limit'],
    ['an unknown dimension', { group_by: ['planet'] }, {}, 422, 'group_by'],
    ['filters as a number', { filters: 7 }, {}, 400, 'filters'],
    ['no object', [], {}, 400, 'body'],
    ['no questions', { queries: [] }, {}, 400, 'queries'],
    ['too many', { queries: Array.from({ length: 26 }, () => ({})) }, {}, 400, 'queries'],
    ['questions that are no list', { queries: {} }, {}, 400, 'queries'],
    ['questions beside a question', { queries: [{}], limit: 1 }, {}, 400, 'queries'],
    ['no key', {}, { key: null }, 401, undefined],
    ['no key, and a wrong value', { limit: 0 }, { key: null }, 401, undefined],
    ['a URL without a key', { scope: 'anon', short_code: 'open' }, { key: null }, 200, undefined],
    ["another owner's private URL", { scope: 'anon', short_code: '007' }, { key: null }, 401, undefined],
    ['another owner', { owner_id: 'x' }, {}, 403, 'owner_id'],
    ['a parameter in the query string', {}, { query: { limit: '1' } }, 400, 'limit'],
  ])('%s', async (_, json, options, status, field) => {
    const answer = await post(json, options);
    expect([answer.status, answer.json.field]).toEqual([status, field]);
  });

  test('several whose results have more than 64 MiB together are refused, and one is not', async () => {
    const minutes = {
      start_date: '2025-01-01',
      end_date: '2025-01-07T22:39:59.999',
      interval: 'minute',
      group_by: 'time',
      metrics: METRIC_NAMES,
    };
    const one = await post({ queries: [minutes] });
    const bytes = Buffer.byteLength(JSON.stringify(one.json));
    const tooMany = Math.floor(2 ** 26 / bytes) + 1;
    expect(tooMany).toBeLessThan(24);
    const copies = (count: number, limits: boolean) =>
      Array.from({ length: count }, (_, place) => (limits ? { ...minutes, limit: place + 1 } : minutes));
    for (const limits of [false, true]) {
      const { json } = await post({ queries: copies(tooMany, limits) });
      const statuses = json.results.map(({ status, body }: any) => [status, body.field, body.code]);
      expect(new Set(statuses.map(String))).toEqual(new Set(['400,limit,validation_error']));
    }
    const { json } = await post({ queries: copies(tooMany - 1, false) });
    expect(new Set(json.results.map(({ status }: any) => status))).toEqual(new Set([200]));
  });

  test('each of several stands or falls by itself, in order; equal ones are one', async () => {
    const queries = [
      { ...THAT_DAY, group_by: 'browser' },
      { limit: 0 },
      { ...THAT_DAY, group_by: ['os', 'browser'], metrics: 'clicks,unique_clicks' },
      'os',
      { scope: 'anon', short_code: 'nobody' },
      { ...THAT_DAY, group_by: ['browser'] },
      { ...THAT_DAY, group_by: 'browser', bots: 'only' },
      { owner_id: 'x' },
    ];
    const { status, json } = await post({ queries });
    expect(status).toBe(200);
    const results: { status: number; view?: number; body: any }[] = json.results;
    expect(results.map((one) => [one.status, one.view, one.body.field])).toEqual([
      [200, 1, undefined],
      [400, undefined, 'limit'],
      [200, 1, undefined],
      [400, undefined, 'queries'],
      [404, undefined, 'short_code'],
      [200, 1, undefined],
      [200, 2, undefined],
      [403, undefined, 'owner_id'],
    ]);
    const alone = await answerOf({ ...THAT_DAY, group_by: 'browser' });
    expect(results[5]?.body).toEqual({ ...alone, generated_at: results[0]?.body.generated_at });
    expect(results[0]?.body).toEqual(results[5]?.body);
  });

  test('one view answers questions in several time zones, intervals and orders', async () => {
    const range = { start_date: '2025-01-24T00:00Z', end_date: '2025-01-24T23:59:59Z' };
    const queries = [
      { ...range, group_by: 'browser', timezone: 'Asia/Kolkata' },
      { ...range, group_by: 'time', interval: 'hour', timezone: 'America/St_Johns' },
      { ...range, group_by: 'os,country', sort: '-clicks', interval: 'month' },
      { ...range, group_by: 'weekday,hour_of_day,time', breakdown: 'true', sort: 'weekday', interval: 'day' },
      { ...range, group_by: 'time,browser', metrics: 'unique_clicks', limit: '2', interval: '10_minute' },
      { ...range, group_by: 'browser', sort: 'browser', offset: '1', limit: '2' },
      { ...range, group_by: 'time', interval: 'hour', timezone: 'America/St_Johns', other: 'true' },
    ];
    const alone = [];
    for (const query of queries) alone.push(await answerOf(query));
    // What is cached of a view counts only where all of it is.
    const further = { ...range, group_by: 'city', limit: 7 };
    const { json } = await post({ queries: [...queries, further, { ...further, other: true }] });
    const results: { view?: number; body: any }[] = json.results;
    expect(results.map(({ view }) => view)).toEqual([1, 1, 1, 1, 1, 1, 2, 1, 2]);
    expect(results.slice(0, alone.length).map(({ body }) => body)).toEqual(
      alone.map((answer) => ({ ...answer, generated_at: results[0]?.body.generated_at })),
    );
  });

  test('without a key, public URLs alone', async () => {
    const queries = [{ scope: 'anon', short_code: 'open' }, {}, { scope: 'anon', short_code: 'mine' }];
    const { json } = await post({ queries }, { key: null });
    expect(json.results.map((one: { status: number }) => one.status)).toEqual([200, 401, 401]);
  });

  test('all are as of one moment', async () => {
    const queries = [{}, { limit: 5 }, { timezone: 'UTC', group_by: 'os', bots: 'only' }];
    await post(queries[1]);
    const { json } = await post({ queries });
    const ranges = json.results.map((one: { body: any }) => one.body.time_range);
    expect(ranges).toEqual([ranges[0], ranges[0], ranges[0]]);
  });
});

describe('what a request cost', () => {
  const timingOf = ({ headers }: TestResponse) =>
    headers.get('server-timing')?.replaceAll(/dur=\d+(\.\d)?/g, 'dur');
  const COMPUTED = 'parse;dur, queue;dur, clickhouse;dur, shape;dur, cache;desc="miss"';

  test('is in the headers of every answer of statistics', async () => {
    const query = { ...THAT_DAY, group_by: 'browser', limit: '77' };
    const first = await ask(query);
    expect([timingOf(first), Number(first.headers.get('x-spoor-rows-read'))]).toEqual([
      COMPUTED,
      expect.any(Number),
    ]);
    expect(Number(first.headers.get('x-spoor-rows-read'))).toBeGreaterThanOrEqual(5);
    const again = await ask(query);
    expect([timingOf(again), again.headers.get('x-spoor-rows-read')]).toEqual(['cache;desc="hit"', '0']);
    for (const path of ['/api/v1/stats/links/mine', '/api/v1/public/stats/open']) {
      expect(timingOf(await spoor.send('GET', path, { key, query: THAT_DAY }))).toBe(COMPUTED);
    }
    const queries = [
      { ...THAT_DAY, limit: 78 },
      { ...THAT_DAY, limit: 79 },
    ];
    expect(timingOf(await spoor.send('POST', QUERY_PATH, { key, json: { queries } }))).toBe(COMPUTED);
  });

  test('explain tells it to administrators, with the query as it can be run', async () => {
    const query = {
      ...THAT_DAY,
      owner_id: 'me',
      group_by: 'browser,os',
      filters: `{"city":["Somewhere","it's \\\\"]}`,
    };
    const { explain, ...answer } = await answerOf({ ...query, explain: 'true' }, { key: ADMIN_KEY });
    const plain = await answerOf({ ...query, explain: 'false' }, { key: ADMIN_KEY });
    expect(answer).toEqual({ ...plain, generated_at: answer.generated_at });
    const text = { kind: 'sql', texts: [explain.sql], values: [] } as const;
    const rows = await spoor.database.rows<readonly unknown[]>(text);
    const summary = rows.find(([list]) => list === 0);
    expect(summary).toContain(plain.summary.total_clicks);
    expect(explain).toMatchObject({
      plan: { visitors: 'all-alike', one_pass: false, sharded: false },
      cache: { outcome: 'miss', reason: 'absent', kept: 'until_changed' },
    });
    expect(explain.read_rows).toBeGreaterThanOrEqual(5);
    expect(explain.read_bytes).toBeGreaterThan(explain.read_rows);
    expect(explain.clickhouse_ms).toBeGreaterThan(0);
    const later = await answerOf({ ...query, explain: 'true' }, { key: ADMIN_KEY });
    expect(later.explain.cache).toMatchObject({ outcome: 'hit', reason: null });
    const open = await answerOf({ owner_id: 'me', explain: 'true' }, { key: ADMIN_KEY });
    expect(open.explain.cache.kept).toBe('one_second');
  });

  test('explain is refused without admin:all, and nobody else sees SQL', async () => {
    expect(await refusalOf({ explain: 'true' })).toEqual([403, 'forbidden', 'explain']);
    expect(await refusalOf({ explain: 'true', scope: 'anon', short_code: 'open' }, { key: null })).toEqual([
      403,
      'forbidden',
      'explain',
    ]);
    expect(await refusalOf({ explain: '1' }, { key: ADMIN_KEY })).toEqual([
      400,
      'validation_error',
      'explain',
    ]);
    expect(await refusalOf({ explain: 'true', limit: '0' }, { key: ADMIN_KEY })).toEqual([
      400,
      'validation_error',
      'limit',
    ]);
    const queries = [{ explain: true }, {}, { explain: true, owner_id: 'me', group_by: 'os' }];
    const asked = (one: string) => spoor.send('POST', QUERY_PATH, { key: one, json: { queries } });
    const statuses = async (one: string) =>
      (await asked(one)).json.results.map(({ status, body }: any) => [status, 'explain' in body]);
    expect(await statuses(key)).toEqual([
      [403, false],
      [200, false],
      [403, false],
    ]);
    expect(await statuses(ADMIN_KEY)).toEqual([
      [200, true],
      [200, false],
      [200, true],
    ]);
  });
});

test('while clicks pour in, every answer agrees with itself', async () => {
  const pouring = await spoor.createKey('pouring');
  const names = ['Chrome', 'Firefox', 'Safari'];
  const done = new AbortController();
  const writer = async (which: number) => {
    for (let round = 0; !done.signal.aborted; round++) {
      const ndjson = Array.from({ length: 4 }, (_, index) => ({
        short_code: `pour ${(which + index) % 5}`,
        clicked_at: Date.now() - ((round * 4 + index) % 100) * 3_600_000,
        ip: `192.0.2.${index}`,
        browser: names[(round + index) % 3],
        os: `os ${index % 2}`,
        country: 'DE',
        city: 'Bonn',
      }));
      const { status } = await spoor.send('POST', '/api/v1/clicks', { key: pouring, ndjson });
      expect(status).toBe(200);
    }
  };
  const reader = async () => {
    const totals: number[] = [];
    // Where nothing grows between two answers, nothing is shown.
    const isShown = () => totals.length >= 15 && new Set(totals).size >= 3;
    while (!isShown() && !done.signal.aborted) {
      const { summary, metrics, group_counts } = await answerOf(
        { group_by: 'time,browser,os,short_code', breakdown: 'true', limit: '10000' },
        { key: pouring },
      );
      for (const [name, rows] of Object.entries<{ clicks: number }[]>(metrics)) {
        if (!name.startsWith('clicks_by')) continue;
        expect([name, rows.reduce((sum, { clicks }) => sum + clicks, 0)]).toEqual([
          name,
          summary.total_clicks,
        ]);
      }
      expect(group_counts.browser).toBe(metrics.clicks_by_browser.length);
      totals.push(summary.total_clicks);
    }
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
  };
  const batches = async () => {
    const queries = [['browser'], ['os', 'time'], ['short_code']].map((group_by) => ({
      group_by,
      limit: 10_000,
    }));
    while (!done.signal.aborted) {
      const { results } = (await spoor.send('POST', QUERY_PATH, { key: pouring, json: { queries } })).json;
      expect(results.map(({ view }: { view: number }) => view)).toEqual([1, 1, 1]);
      const [first, ...others] = results.map(({ body }: { body: any }) => [body.summary, body.time_range]);
      expect(others).toEqual([first, first]);
    }
  };
  const meanwhile = [batches(), writer(0), writer(1), writer(2)];
  try {
    await Promise.race([Promise.all([reader(), reader(), reader()]), Promise.all(meanwhile)]);
  } finally {
    done.abort();
  }
  await Promise.all(meanwhile);
});
