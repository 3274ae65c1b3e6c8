import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EXPORT_FORMAT_NAMES } from '../../src/export/formats.ts';
import { LINK_OVERVIEW } from '../../src/stats/registry/dimension-names.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const RANGE = { start_date: '2026-01-01', end_date: '2026-01-31' };
const CODES = { open: 'open 1/2', closed: 'closed', theirs: 'theirs', theirsOpen: 'theirs-open' };

let spoor: TestSpoor;
let mine: string;
let admin: string;
beforeAll(async () => {
  spoor = await startSpoor();
  mine = await spoor.createKey('me');
  admin = await spoor.createKey('root', ['admin:all']);
  const click = (short_code: string, place: number) => ({
    short_code,
    clicked_at: `2026-01-${10 + place}`,
    ip: `192.0.2.${place}`,
    browser: place % 2 === 0 ? 'Chrome' : 'Firefox',
  });
  const clicks = [CODES.open, CODES.closed].flatMap((code) => [0, 1, 2].map((place) => click(code, place)));
  await spoor.send('POST', '/api/v1/clicks', { key: mine, json: clicks });
  const theirs = await spoor.createKey('them');
  const others = [CODES.theirs, CODES.theirsOpen].map((code) => click(code, 1));
  await spoor.send('POST', '/api/v1/clicks', { key: theirs, json: others });
  const publish = { private_stats: false, long_url: 'https://example.com/a/b?c#d' };
  await spoor.send('PUT', pathOf('/api/v1/urls', CODES.open), { key: mine, json: publish });
  await spoor.send('PUT', pathOf('/api/v1/urls', CODES.theirsOpen), { key: theirs, json: publish });
});
afterAll(() => spoor.stop());

const pathOf = (route: string, code: string): string => `${route}/${encodeURIComponent(code)}`;
const get = (path: string, key: string | null, query: Record<string, string> = {}) =>
  spoor.send('GET', path, { key, query });

/** A stats result but for the time it was made. */
const withoutTime = (json: object): object => ({ ...json, generated_at: undefined });

describe('stats of a link of one’s own', () => {
  const STATS = '/api/v1/stats/links';
  const QUESTIONS: readonly Record<string, string>[] = [
    RANGE,
    { ...RANGE, group_by: 'browser,time', timezone: 'Asia/Kathmandu', compare: 'previous' },
    { ...RANGE, browser: 'Chrome', metrics: 'clicks', bots: 'exclude', limit: '1' },
    { ...RANGE, filters: '{"browser":["Firefox"]}', group_by: 'country', interval: 'week' },
  ];

  test.each(QUESTIONS)('are those of the question about one URL, with its names: %j', async (query) => {
    for (const [code, key] of [
      [CODES.open, mine],
      [CODES.closed, mine],
      [CODES.closed, admin],
    ] as const) {
      const asked = { ...query, scope: 'anon', short_code: code };
      const wanted = (await get('/api/v1/stats', key, asked)).json;
      expect(wanted.summary.total_clicks).toBeGreaterThan(0);
      const { status, json } = await get(pathOf(STATS, code), key, query);
      expect([status, withoutTime(json)]).toEqual([
        200,
        withoutTime({ url_id: code, alias: code, ...wanted }),
      ]);
    }
  });

  test('have a tag, which follows what they say', async () => {
    const path = pathOf(STATS, CODES.closed);
    const first = await get(path, mine, RANGE);
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
    const again = await spoor.send('GET', path, { key: mine, query: RANGE, headers });
    expect([again.status, again.text]).toEqual([304, '']);
    const other = await spoor.send('GET', path, { key: mine, query: { ...RANGE, limit: '1' }, headers });
    expect(other.status).toBe(304);
    const changed = await spoor.send('GET', path, { key: mine, query: { ...RANGE, os: 'x' }, headers });
    expect(changed.status).toBe(200);
  });

  test.each(['/api/v1/stats/links', '/api/v1/export/links'])(
    '%s: another owner’s URL is like none, public or not; the key, its scope and the parameters come first',
    async (route) => {
      const query = { format: 'json' };
      const ask = (code: string, key: string | null, more = {}) =>
        get(pathOf(route, code), key, route.includes('export') ? { ...query, ...more } : more);
      const [none, ...foreign] = await Promise.all(
        ['none', CODES.theirs, CODES.theirsOpen].map((code) => ask(code, mine)),
      );
      expect([none?.status, none?.json.field]).toEqual([404, 'id']);
      expect(foreign.map(({ status, text }) => [status, text])).toEqual(foreign.map(() => [404, none?.text]));
      const writer = await spoor.createKey('me', ['clicks:write']);
      for (const code of [CODES.open, 'none']) {
        expect((await ask(code, null, { timezone: 'x' })).status).toBe(401);
        expect((await ask(code, writer, { timezone: 'x' })).status).toBe(400);
        expect((await ask(code, writer)).status).toBe(403);
      }
      expect((await ask(CODES.open, mine, { group_by: 'short_code' })).status).toBe(400);
    },
  );

  test.each(EXPORT_FORMAT_NAMES)('come as %s as from the question about one URL', async (format) => {
    const query = { ...RANGE, format, group_by: 'browser' };
    const headersOf = async (path: string, asked: Record<string, string>) => {
      const { status, headers, json } = await get(path, mine, asked);
      const names = ['content-type', 'content-disposition'].map((name) => headers.get(name));
      return [status, ...names, format === 'json' ? withoutTime(json) : undefined];
    };
    const own = await headersOf(pathOf('/api/v1/export/links', CODES.closed), query);
    const asked = { ...query, scope: 'anon', short_code: CODES.closed };
    expect(own).toEqual(await headersOf('/api/v1/export', asked));
    expect(own[0]).toBe(200);
  });
});

test('a code with blanks around it is that one where it is stored, else the one without', async () => {
  const clicks = [' spaced ', 'spaced', 'spaced'].map((short_code) => ({
    short_code,
    clicked_at: '2026-01-10',
  }));
  await spoor.send('POST', '/api/v1/clicks', { key: mine, json: clicks });
  const asked = async (short_code: string) => {
    const query = { ...RANGE, scope: 'anon', short_code };
    const { json } = await get('/api/v1/stats', mine, query);
    const file = await get('/api/v1/export', mine, { ...query, format: 'json' });
    expect([file.json.short_code, file.json.summary]).toEqual([json.short_code, json.summary]);
    return [json.short_code, json.summary.total_clicks];
  };
  expect(await asked(' spaced ')).toEqual([' spaced ', 1]);
  expect(await asked('spaced')).toEqual(['spaced', 2]);
  expect(await asked(' spaced')).toEqual(['spaced', 2]);
  for (const route of ['/api/v1/urls', '/api/v1/stats/links']) {
    expect((await get(pathOf(route, ' spaced '), mine)).json.alias).toBe(' spaced ');
    expect((await get(pathOf(route, ' spaced'), mine)).status).toBe(404);
  }
});

describe('a public link', () => {
  const STATS = '/api/v1/public/stats';
  const PREVIEW = '/api/v1/public/preview';
  const FACTS = {
    alias: CODES.open,
    short_url: '/open%201%2F2',
    long_url: 'https://example.com/a/b?c#d',
    status: 'active',
    max_clicks: null,
    block_bots: false,
    password_protected: false,
  };

  test('is shown with its statistics by the dimensions of an overview, to everybody', async () => {
    const query = { ...RANGE, scope: 'anon', short_code: CODES.open, group_by: LINK_OVERVIEW.join() };
    const wanted = (await get('/api/v1/stats', null, query)).json;
    for (const key of [null, mine, admin, await spoor.createKey('them')]) {
      for (const method of ['GET', 'POST']) {
        const json = method === 'POST' ? { password: 'any' } : undefined;
        const path = pathOf(STATS, CODES.open);
        const answer = await spoor.send(method, path, { key, query: RANGE, json });
        expect([answer.status, answer.json.generation]).toEqual([200, 'v2']);
        expect(answer.json.link).toEqual({ ...FACTS, created_at: '2026-01-10T00:00:00.000Z' });
        expect(withoutTime(answer.json.stats)).toEqual(withoutTime(wanted));
      }
    }
  });

  test('is read by POST whatever the body; the parameters count', async () => {
    const ask = (query: Record<string, string>, body?: string) =>
      spoor.send('POST', pathOf(STATS, CODES.open), { key: null, query, ...(body && { body }) });
    for (const body of [undefined, 'password', '{"password":"any"}', 'x'.repeat(200_000)]) {
      expect((await ask(RANGE, body)).json.stats.summary.total_clicks).toBe(3);
      const { status, json } = await ask({ timezone: 'x' }, body);
      expect([status, json.field]).toEqual([400, 'timezone']);
    }
  });

  test('takes the parameters of stats', async () => {
    const query = { ...RANGE, group_by: 'browser', browser: 'Chrome' };
    const { json } = await get(pathOf(STATS, CODES.open), null, query);
    expect(json.stats.metrics.clicks_by_browser).toEqual([
      { browser: 'Chrome', clicks: 2, clicks_percentage: 100 },
    ]);
    expect((await get(pathOf(STATS, CODES.open), null, { timezone: 'x' })).status).toBe(400);
  });

  test('has another tag when its URL or its clicks have changed', async () => {
    const path = pathOf(STATS, CODES.open);
    const tag = async () => (await get(path, null, RANGE)).headers.get('etag') ?? '';
    const first = await tag();
    const ask = () =>
      spoor.send('GET', path, { key: null, query: RANGE, headers: { 'if-none-match': first } });
    expect((await ask()).status).toBe(304);
    await spoor.send('PUT', pathOf('/api/v1/urls', CODES.open), { key: mine, json: { long_url: null } });
    expect((await ask()).status).toBe(200);
    const json = { long_url: FACTS.long_url };
    await spoor.send('PUT', pathOf('/api/v1/urls', CODES.open), { key: mine, json });
    expect(await tag()).toBe(first);
  });

  test('leads where its preview says', async () => {
    const { status, json } = await get(pathOf(PREVIEW, CODES.open), null);
    const { alias, short_url, password_protected } = FACTS;
    const link = { ...FACTS, created_at: '2026-01-10T00:00:00.000Z' };
    expect([status, json]).toEqual([
      200,
      {
        generation: 'v2',
        alias,
        short_url,
        status: 'active',
        password_protected,
        created_at: link.created_at,
        destination: { url: FACTS.long_url, domain: 'example.com', path: '/a/b', is_https: true },
        geo_destinations: null,
        link,
      },
    ]);
  });

  test.each([
    ['GET', STATS],
    ['POST', STATS],
    ['GET', PREVIEW],
  ])('%s %s: a private one is like none, but for its owner', async (method, route) => {
    const ask = (code: string, key: string | null) => spoor.send(method, pathOf(route, code), { key });
    const unknown = await ask('none', null);
    expect([unknown.status, unknown.json.code]).toEqual([404, 'not_found']);
    const stranger = await spoor.createKey('them');
    const writer = await spoor.createKey('me', ['clicks:write']);
    for (const key of [null, stranger, writer]) {
      const { status, text } = await ask(CODES.closed, key);
      expect([status, text]).toEqual([404, unknown.text]);
    }
    for (const key of [mine, admin]) expect((await ask(CODES.closed, key)).status).toBe(200);
  });

  test('is only read by POST: what is cached of its owner stays', async () => {
    const query = { ...RANGE, group_by: 'os' };
    const hits = async () => {
      const { text } = await spoor.send('GET', '/metrics');
      return Number(/^spoor_cache_requests_total\{outcome="hit"\} (\d+)/m.exec(text)?.[1] ?? 0);
    };
    await get('/api/v1/stats', mine, query);
    const before = await hits();
    for (const key of [mine, admin]) await spoor.send('POST', pathOf(STATS, CODES.open), { key, query });
    await get('/api/v1/stats', mine, query);
    expect(await hits()).toBeGreaterThan(before + 1);
  });
});
