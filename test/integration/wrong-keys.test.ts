import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { endProcesses, newFolder, startServer, stopSharing, waitUntil } from '../support/process.ts';
import { ADMIN_KEY, type TestResponse, type TestSpoor, startSpoor } from '../support/spoor.ts';

const URLS = '/api/v1/urls';
const A_MINUTE = 60;

const wrongKey = () => `spoo_${randomBytes(32).toString('base64url')}`;
const statusesOf = (responses: readonly { readonly status: number }[]) =>
  responses.map(({ status }) => status);

/** How many times a server has asked its ClickHouse for rows. */
async function selectsOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const counts = text.matchAll(/^spoor_clickhouse_query_duration_seconds_count\{kind="select".*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

describe('a server on its own engine', () => {
  afterAll(endProcesses);

  test('asks it nothing for wrong keys, and knows its keys over a restart', async () => {
    const settings = {
      SPOOR_DATA_DIR: join(newFolder(), 'data'),
      SPOOR_ADMIN_KEY: ADMIN_KEY,
      SPOOR_RATE_LIMITS: 'off',
      // Looking for those that are due is a query of its own.
      SPOOR_SCHEDULES: 'off',
    };
    const ask = async (url: string, key: string) => {
      const response = await fetch(`${url}${URLS}`, { headers: { authorization: `Bearer ${key}` } });
      await response.arrayBuffer();
      return response.status;
    };
    const keys: string[] = [];
    for (let start = 0; start < 2; start++) {
      const { server, url } = await startServer(settings);
      expect(await ask(url, wrongKey())).toBe(401);
      const before = await selectsOf(url);
      for (let sent = 0; sent < 100; sent++) expect(await ask(url, wrongKey())).toBe(401);
      // Beside the few of what a start goes on with.
      expect(await selectsOf(url)).toBeLessThan(before + 20);

      for (const key of keys) expect(await ask(url, key)).toBe(200);
      const made = await fetch(`${url}/api/v1/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ owner_id: 'me', name: 'test', scopes: ['urls:read'] }),
      });
      const { key }: any = await made.json();
      keys.push(key);
      expect(await ask(url, key)).toBe(200);
      server.signal('SIGTERM');
      await server.ended;
    }
  });
});

describe('instances that share a ClickHouse', () => {
  let first: TestSpoor;
  let second: TestSpoor;
  let addresses = 0;
  beforeAll(async () => {
    const settings = { SPOOR_RATE_LIMITS: 'on', SPOOR_TRUST_PROXY: '1' };
    first = await startSpoor(settings);
    second = await startSpoor({ ...settings, CLICKHOUSE_DATABASE: first.database.name });
  });
  afterAll(() => stopSharing([second, first]));

  const newAddress = () => `198.51.100.${++addresses}`;
  const ask = (spoor: TestSpoor, address: string, key: string | null, path = URLS): Promise<TestResponse> =>
    spoor.send('GET', path, { key, headers: { 'x-forwarded-for': address } });
  /** Sends wrong keys until the address may send no more. */
  const exhaust = async (spoor: TestSpoor, address: string) => {
    // At once: keys that are not known are looked up together.
    const answers = await Promise.all(
      Array.from({ length: A_MINUTE }, () => ask(spoor, address, wrongKey())),
    );
    expect(new Set(statusesOf(answers))).toEqual(new Set([401]));
    expect((await ask(spoor, address, wrongKey())).status).toBe(429);
  };

  test('an address sends so many a minute, then they are 429 and cost ClickHouse nothing', async () => {
    const address = newAddress();
    await exhaust(first, address);
    const { status, json, headers } = await ask(first, address, wrongKey());
    expect([status, json.code]).toEqual([429, 'rate_limit_exceeded']);
    const wait = headers.get('retry-after') ?? '';
    expect(wait).toMatch(/^([1-9]|[1-5]\d|60)$/);
    expect(['limit', 'remaining', 'reset'].map((name) => headers.get(`ratelimit-${name}`))).toEqual([
      String(A_MINUTE),
      '0',
      wait,
    ]);

    const before = await selectsOf(first.url);
    const flood = await Promise.all(Array.from({ length: 300 }, () => ask(first, address, wrongKey())));
    expect(new Set(statusesOf(flood))).toEqual(new Set([429]));
    // Beside the look, at most once a second, whether anybody has made a key.
    expect(await selectsOf(first.url)).toBeLessThan(before + 30);
    expect((await ask(first, newAddress(), wrongKey())).status).toBe(401);
  });

  test('on any route, and in any form; without a key nothing is limited', async () => {
    const address = newAddress();
    await exhaust(first, address);
    for (const path of ['/health', '/api/v1/keys', '/api/v1/stats?scope=anon&short_code=x', '/openapi.json'])
      expect((await ask(first, address, wrongKey(), path)).status).toBe(429);
    const headers = { 'x-forwarded-for': address, authorization: 'Basic YTpi' };
    expect((await first.send('GET', URLS, { key: null, headers })).status).toBe(429);
    expect((await ask(first, address, null, '/health')).status).toBe(200);
    expect((await ask(first, address, null)).status).toBe(401);
    const { text } = await first.send('GET', '/metrics', { key: null });
    expect(text).toMatch(/spoor_rate_limited_total\{route="\/api\/v1\/keys",subject="address"\} [1-9]/);
  });

  test('addresses of one /64 are one', async () => {
    await exhaust(first, '2001:db8:7:7::1');
    expect((await ask(first, '2001:db8:7:7:ffff::2', wrongKey())).status).toBe(429);
    expect((await ask(first, '2001:db8:7:8::1', wrongKey())).status).toBe(401);
  });

  test('a right key of that address works all the while, also one that this instance has not been asked about', async () => {
    const address = newAddress();
    const keys = await Promise.all(Array.from({ length: 40 }, () => first.createKey('me')));
    const third = await startSpoor({
      SPOOR_RATE_LIMITS: 'on',
      SPOOR_TRUST_PROXY: '1',
      CLICKHOUSE_DATABASE: first.database.name,
    });
    try {
      await exhaust(third, address);
      const answers = await Promise.all(
        keys.flatMap((key) => [
          ask(third, address, key),
          ...Array.from({ length: 5 }, () => ask(third, address, wrongKey())),
        ]),
      );
      expect(statusesOf(answers.filter((_, place) => place % 6 === 0))).toEqual(Array(40).fill(200));
      expect(new Set(statusesOf(answers.filter((_, place) => place % 6 > 0)))).toEqual(new Set([429]));
    } finally {
      await third.running.stop();
      await third.database.close();
    }
  });

  test('keys that another instance has just made work at once and do not count', async () => {
    const address = newAddress();
    // One after the other, each looked up: on a busy machine for a second or more.
    for (let made = 0; made < A_MINUTE + 5; made++) {
      const key = await first.createKey('me');
      expect((await ask(second, address, key)).status).toBe(200);
    }
    expect((await ask(second, address, wrongKey())).status).toBe(401);
  }, 180_000);

  test('from an address that may send no more wrong ones they work soon', async () => {
    const address = newAddress();
    await exhaust(second, address);
    const key = await first.createKey('me');
    await waitUntil('the key to be known', async () => (await ask(second, address, key)).status === 200);
  });

  test('a wrong key counts for its route too, as long as it is looked up', async () => {
    const address = newAddress();
    const stats = '/api/v1/stats?scope=anon&short_code=x';
    for (let sent = 0; sent < 20; sent++)
      expect((await ask(first, address, wrongKey(), stats)).status).toBe(401);
    expect((await ask(first, address, null, stats)).status).toBe(429);
  });
});

describe('without rate limits', () => {
  let spoor: TestSpoor;
  beforeAll(async () => {
    spoor = await startSpoor();
  });
  afterAll(() => spoor.stop());

  test('a flood of different wrong keys is looked up together, and a right key does not wait for it', async () => {
    const key = await spoor.createKey('me');
    const before = await selectsOf(spoor.url);
    const wrong = Array.from({ length: 400 }, () => spoor.send('GET', URLS, { key: wrongKey() }));
    expect((await spoor.send('GET', URLS, { key })).status).toBe(200);
    expect(new Set(statusesOf(await Promise.all(wrong)))).toEqual(new Set([401]));
    expect(await selectsOf(spoor.url)).toBeLessThan(before + 100);
  });

  test('the same wrong key again is known to be one', async () => {
    const key = wrongKey();
    await spoor.send('GET', URLS, { key });
    const before = await selectsOf(spoor.url);
    for (let sent = 0; sent < 50; sent++) expect((await spoor.send('GET', URLS, { key })).status).toBe(401);
    expect(await selectsOf(spoor.url)).toBeLessThan(before + 25);
  });

  const sendRaw = async (headers: readonly string[]): Promise<number | undefined> => {
    const sent = request(`${spoor.url}${URLS}`, { headers: ['Host', 'localhost', ...headers] });
    sent.end();
    const [response] = await once(sent, 'response');
    response.resume();
    await once(response, 'end');
    return response.statusCode;
  };

  test.each<[string, (key: string) => readonly string[], number]>([
    ['the scheme in another case', (key) => ['Authorization', `bEARER ${key}`], 200],
    ['blanks around the key', (key) => ['authorization', `Bearer    ${key}   `], 200],
    ['two keys', (key) => ['Authorization', `Bearer ${key}`, 'authorization', `Bearer ${wrongKey()}`], 400],
    [
      'the same key twice',
      (key) => ['Authorization', `Bearer ${key}`, 'AUTHORIZATION', `Bearer ${key}`],
      400,
    ],
    ['two keys in one', (key) => ['Authorization', `Bearer ${key}, Bearer ${key}`], 401],
    ['a key of 8 KB', () => ['Authorization', `Bearer spoo_${'x'.repeat(8_192)}`], 401],
    ['8 KB of blanks', (key) => ['Authorization', `Bearer ${' '.repeat(8_192)}${key}`], 401],
    ['a key in another case', (key) => ['Authorization', `Bearer ${key.toUpperCase()}`], 401],
    ['the beginning of a key', (key) => ['Authorization', `Bearer ${key.slice(0, -1)}`], 401],
    ['a key with a tab', (key) => ['Authorization', `Bearer\t${key}`], 401],
  ])('%s', async (_, headersOf, status) => {
    expect(await sendRaw(headersOf(await spoor.createKey('me')))).toBe(status);
  });
});
