import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type SendOptions, type TestResponse, type TestSpoor, startSpoor } from '../support/spoor.ts';

const STATS = '/api/v1/stats?scope=anon&short_code=public';
const EXPORT = '/api/v1/export?scope=anon&short_code=public&format=json';
const WRONG_KEY = `spoo_${'wrong'.repeat(8)}`;
const MINUTES = { stats: { key: 60, address: 20 }, export: { key: 30, address: 10 } };

const told = ({ headers }: TestResponse) =>
  ['limit', 'remaining', 'reset'].map((name) => headers.get(`ratelimit-${name}`));
const remaining = ({ headers }: TestResponse): number => Number(headers.get('ratelimit-remaining'));

/** Sends it `times` times, one after another. */
async function repeat(times: number, send: () => Promise<TestResponse>): Promise<TestResponse[]> {
  const answers: TestResponse[] = [];
  for (let count = 0; count < times; count += 1) answers.push(await send());
  return answers;
}

async function publish(spoor: TestSpoor): Promise<void> {
  await spoor.send('PUT', '/api/v1/urls/public', { json: { private_stats: false } });
  await spoor.send('PUT', '/api/v1/urls/private', { json: {} });
}

describe('rate limits', () => {
  let spoor: TestSpoor;
  let clients = 0;
  beforeAll(async () => {
    spoor = await startSpoor({ SPOOR_RATE_LIMITS: 'on', SPOOR_TRUST_PROXY: '1' });
    await publish(spoor);
  });
  afterAll(() => spoor.stop());

  /** A client at an address of its own; without a key unless it names one. */
  const newClient = () => {
    clients += 1;
    const address = `198.51.100.${clients}`;
    return (path: string, options: SendOptions & { readonly method?: string } = {}) =>
      spoor.send(options.method ?? 'GET', path, {
        key: null,
        ...options,
        headers: { 'x-forwarded-for': address, ...options.headers },
      });
  };

  test.each([
    ['stats', STATS, 'address'],
    ['stats', STATS, 'key'],
    ['export', EXPORT, 'address'],
    ['export', EXPORT, 'key'],
  ] as const)('%s (%s) by %s: so many a minute, then 429', async (route, path, subject) => {
    const limit = MINUTES[route][subject];
    const client = newClient();
    const key = subject === 'key' ? await spoor.createKey('admin') : null;
    const answers = await repeat(limit, () => client(path, { key }));
    expect(answers.map(({ status }) => status)).toEqual(Array(limit).fill(200));
    expect(answers.map(remaining)).toEqual(answers.map((_, place) => limit - 1 - place));

    const refused = await client(path, { key });
    expect(refused.status).toBe(429);
    expect(refused.json).toEqual({
      error: expect.stringContaining(String(limit)),
      code: 'rate_limit_exceeded',
      error_code: 'rate_limit_exceeded',
    });
    const retryAfter = refused.headers.get('retry-after') ?? '';
    expect(retryAfter).toMatch(/^[1-9]\d?$/);
    expect(Number(retryAfter)).toBeLessThanOrEqual(60);
    expect(told(refused)).toEqual([String(limit), '0', retryAfter]);
  });

  test('an answer tells of the minute: its limit, what is left, and in how many seconds it ends', async () => {
    const [limit, left, reset] = told(await newClient()(STATS));
    expect([limit, left]).toEqual(['20', '19']);
    expect(reset).toMatch(/^(60|59|5\d)$/);
  });

  test('and the same by the names that other clients read, with the end as a Unix time', async () => {
    const client = newClient();
    for (let count = 0; count < 21; count++) {
      const before = Math.floor(Date.now() / 1_000);
      const { headers } = await client(STATS);
      const [limit, left, reset] = ['limit', 'remaining', 'reset'].map((name) => [
        headers.get(`ratelimit-${name}`),
        headers.get(`x-ratelimit-${name}`),
      ]);
      expect([limit?.[1], left?.[1]]).toEqual([limit?.[0], left?.[0]]);
      const seconds = Number(reset?.[1]) - Number(reset?.[0]);
      expect(seconds).toBeGreaterThanOrEqual(before);
      expect(seconds).toBeLessThanOrEqual(Math.ceil(Date.now() / 1_000));
    }
  });

  test('every answer counts, and says so: errors, HEAD, 304, a wrong key', async () => {
    const client = newClient();
    const tag = (await client(STATS, { query: { end_date: '2026-01-01' } })).headers.get('etag') ?? '';
    const steps: readonly (readonly [number, () => Promise<TestResponse>])[] = [
      [304, () => client(STATS, { query: { end_date: '2026-01-01' }, headers: { 'if-none-match': tag } })],
      [200, () => client(STATS, { method: 'HEAD' })],
      [400, () => client(STATS, { query: { timezone: 'Nowhere' } })],
      [422, () => client(STATS, { query: { metrics: 'none' } })],
      [404, () => client('/api/v1/stats?scope=anon&short_code=unknown')],
      [401, () => client('/api/v1/stats?scope=anon&short_code=private')],
      [401, () => client('/api/v1/stats')],
      [401, () => client(STATS, { key: WRONG_KEY })],
      [401, () => client(STATS, { headers: { authorization: 'Basic eDp5' } })],
    ];
    for (const [place, [status, send]] of steps.entries()) {
      const answer = await send();
      expect([answer.status, remaining(answer)]).toEqual([status, 18 - place]);
    }
  });

  test('a key pays for its own errors, 403 too', async () => {
    const client = newClient();
    const key = await spoor.createKey('somebody', ['clicks:write']);
    const answers = await repeat(2, () => client(STATS, { key }));
    expect(answers.map((answer) => [answer.status, remaining(answer)])).toEqual([
      [403, 59],
      [403, 58],
    ]);
  });

  test('a refusal does not prolong the wait', async () => {
    const client = newClient();
    await repeat(10, () => client(EXPORT));
    const waits = (await repeat(5, () => client(EXPORT))).map(({ headers }) =>
      Number(headers.get('retry-after')),
    );
    expect(waits).toEqual([...waits].toSorted((a, b) => b - a));
  });

  test('of many requests at once exactly as many as fit are answered', async () => {
    const client = newClient();
    const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await client(STATS)).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(30);
  });

  test('over the limit: a wrong key is 401 still, wrong parameters are not looked at', async () => {
    const client = newClient();
    await repeat(20, () => client('/api/v1/stats', { key: WRONG_KEY }));
    const wrongKey = await client(STATS, { key: WRONG_KEY });
    expect([wrongKey.status, remaining(wrongKey)]).toEqual([401, 0]);
    for (const path of [STATS, '/api/v1/stats', `${STATS}&timezone=Nowhere`]) {
      expect((await client(path)).status).toBe(429);
    }
    const reader = await spoor.createKey('somebody', ['clicks:write']);
    await repeat(60, () => client(STATS, { key: reader }));
    expect((await client(STATS, { key: reader })).status).toBe(429);
  });

  test('a wrong key goes on counting when its route is over the limit, up to as many as an address may send', async () => {
    const client = newClient();
    const answers = await repeat(60, () => client(EXPORT, { key: WRONG_KEY }));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    const [limit, left] = told(await client(EXPORT));
    expect([limit, left]).toEqual(['10', '0']);
    expect((await client(EXPORT, { key: WRONG_KEY })).status).toBe(429);
  });

  test('an address, each key, stats and export are counted apart', async () => {
    const client = newClient();
    await repeat(20, () => client(STATS));
    expect((await client(STATS)).status).toBe(429);
    const keys = [await spoor.createKey('admin'), await spoor.createKey('admin')];
    for (const key of keys) expect(remaining(await client(STATS, { key }))).toBe(59);
    expect(remaining(await client(EXPORT))).toBe(9);
    expect(remaining(await newClient()(STATS))).toBe(19);
  });

  test('every question of several counts, and none is computed where not all fit', async () => {
    const client = newClient();
    const ask = (count: number) =>
      client('/api/v1/stats/query', {
        method: 'POST',
        json: { queries: Array.from({ length: count }, () => ({ scope: 'anon', short_code: 'public' })) },
      });
    expect([remaining(await ask(8)), remaining(await client(STATS))]).toEqual([12, 11]);
    const refused = await ask(12);
    expect([refused.status, ...told(refused).slice(0, 2)]).toEqual([429, '20', '11']);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
    expect((await ask(21)).json.error).toContain('send at most 20 at once');
    const last = await ask(11);
    expect([last.status, remaining(last)]).toEqual([200, 0]);
    expect((await client(STATS)).status).toBe(429);
  });

  test('a key is the same client at any address', async () => {
    const key = await spoor.createKey('admin');
    expect(remaining(await newClient()(STATS, { key }))).toBe(59);
    expect(remaining(await newClient()(STATS, { key }))).toBe(58);
  });

  test("an unlimited key and the commands' token have no limit and are told of none", async () => {
    const { json } = await spoor.send('POST', '/api/v1/keys', {
      json: { owner_id: 'admin', name: 'free', scopes: ['stats:read'], rate_limit: 'unlimited' },
    });
    const client = newClient();
    const answers = await repeat(65, () => client(STATS, { key: json.key }));
    answers.push(await spoor.send('GET', STATS, { key: spoor.running.token }));
    for (const answer of answers) {
      expect([answer.status, ...told(answer)]).toEqual([200, null, null, null]);
    }
    expect(remaining(await client(STATS))).toBe(19);
  });

  test('the key of the settings is a key like others', async () => {
    expect(remaining(await spoor.send('GET', STATS))).toBe(59);
  });

  test('other routes, unknown ones and wrong methods have no limit', async () => {
    const client = newClient();
    for (const [path, method] of [
      ['/health', 'GET'],
      ['/api/v1/urls', 'GET'],
      ['/api/v1/nowhere', 'GET'],
      ['/api/v1/stats', 'POST'],
      ['/api/v1/stats/', 'GET'],
    ] as const) {
      expect(told(await client(path, { method }))).toEqual([null, null, null]);
    }
    const wrong = await repeat(25, () => client('/api/v1/urls', { key: WRONG_KEY }));
    expect(new Set(wrong.map(({ status }) => status))).toEqual(new Set([401]));
    expect(remaining(await client(STATS))).toBe(19);
  });

  test.each([
    ['addresses of one /64', '2001:db8:1:1::1', '2001:DB8:1:1:ffff::2', 18],
    ['addresses of two /64', '2001:db8:1:2::1', '2001:db8:1:3::1', 19],
    ['IPv4 and the same one mapped into IPv6', '203.0.113.1', '::ffff:203.0.113.1', 18],
    ['neighbours in IPv4', '203.0.113.2', '203.0.113.3', 19],
    ['the same last entry behind other claims', '1.1.1.1, 203.0.113.4', '8.8.8.8, 203.0.113.4', 18],
    ['two last entries behind the same claim', '1.1.1.1, 203.0.113.5', '1.1.1.1, 203.0.113.6', 19],
  ])('%s: %s, then %s', async (_, first, second, left) => {
    const from = (address: string) =>
      spoor.send('GET', STATS, { key: null, headers: { 'x-forwarded-for': address } });
    expect(remaining(await from(first))).toBe(19);
    expect(remaining(await from(second))).toBe(left);
  });

  test('/metrics counts what was refused, and names the route of a refused key', async () => {
    const client = newClient();
    const key = await spoor.createKey('admin');
    await repeat(21, () => client(STATS));
    await repeat(31, () => client(EXPORT, { key }));
    await newClient()(STATS, { key: WRONG_KEY });
    const { text } = await spoor.send('GET', '/metrics', { key: null });
    expect(text).toMatch(/spoor_rate_limited_total\{route="\/api\/v1\/stats",subject="address"\} [1-9]/);
    expect(text).toMatch(/spoor_rate_limited_total\{route="\/api\/v1\/export",subject="key"\} [1-9]/);
    expect(text).toMatch(/_count\{method="GET",route="\/api\/v1\/stats",status="401"\} [1-9]/);
    expect(text).not.toContain('198.51.100.');
  });
});

describe('settings of the limits', () => {
  let spoor: TestSpoor;
  afterEach(() => spoor.stop());

  test('behind no proxy X-Forwarded-For changes nothing', async () => {
    spoor = await startSpoor({ SPOOR_RATE_LIMITS: 'on' });
    await publish(spoor);
    for (let request = 0; request < 20; request += 1) {
      const headers = { 'x-forwarded-for': `198.51.100.${request}` };
      expect(remaining(await spoor.send('GET', STATS, { key: null, headers }))).toBe(19 - request);
    }
    expect((await spoor.send('GET', STATS, { key: null })).status).toBe(429);
  });

  test('switched off there are none', async () => {
    spoor = await startSpoor({ SPOOR_RATE_LIMITS: 'off' });
    await publish(spoor);
    for (const answer of await repeat(25, () => spoor.send('GET', STATS, { key: null }))) {
      expect([answer.status, ...told(answer)]).toEqual([200, null, null, null]);
    }
  });
});
