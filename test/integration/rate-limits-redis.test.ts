import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import { WRONG_KEYS } from '../../src/rate-limit/allowances.ts';
import { ROUTES } from '../../src/http/api/routes.ts';
import { rateLimitsOf } from '../../src/http/route/router.ts';
import { RateLimitWindows } from '../../src/rate-limit/rate-limit-windows.ts';
import { SharedRedis } from '../../src/rate-limit/shared-redis.ts';
import { LEASE_MS, RedisLease } from '../../src/schedules/redis-lease.ts';
import { SpoorProcess, endProcesses, newFolder, stopSharing, waitUntil } from '../support/process.ts';
import { LocalRedis } from '../support/redis.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';

const STATS = '/api/v1/stats';
const EXPORT = '/api/v1/export';
const STATS_ROUTE = `GET ${STATS}`;
const EXPORT_ROUTE = `GET ${EXPORT}`;
const PUBLIC = '?scope=anon&short_code=public';
const SECRET = 'a-secret-of-redis';

const clientOf = ({ url }: LocalRedis) => createClient({ url, RESP: 2 });

/** A Redis, seen as one process sees it, with what that process was told. */
async function open(redis: LocalRedis) {
  const outages: string[] = [];
  let returns = 0;
  const shared = await SharedRedis.open(redis.url, {
    onUnreachable: (failure) => outages.push(failure),
    onBack: () => (returns += 1),
  });
  return {
    shared,
    limits: new RateLimitWindows(rateLimitsOf(ROUTES), shared),
    outages,
    returns: () => returns,
  };
}

describe('limits counted in Redis', () => {
  let redis: LocalRedis;
  const opened: Awaited<ReturnType<typeof open>>[] = [];
  const connect = async () => {
    const one = await open(redis);
    opened.push(one);
    return one;
  };
  beforeAll(async () => {
    redis = await LocalRedis.start();
  });
  afterEach(async () => {
    redis.resume();
    await redis.kill();
    for (const { shared } of opened.splice(0)) shared.close();
    await redis.start();
  });
  afterAll(() => redis.kill());

  async function inRedis<T>(work: (client: ReturnType<typeof clientOf>) => Promise<T>): Promise<T> {
    const client = clientOf(redis);
    await client.connect();
    try {
      return await work(client);
    } finally {
      client.destroy();
    }
  }
  const keyOf = (window: string, name: string) => `spoor:${EXPORT_ROUTE}:address:${window}:${name}`;
  const countOf = (window: string, name: string) =>
    inRedis(async (client) => Number(await client.get(keyOf(window, name))));

  test('a refusal by the minute is not counted in the day', async () => {
    const { limits } = await connect();
    const decisions = [];
    for (let request = 0; request < 15; request += 1)
      decisions.push(await limits.consume(EXPORT_ROUTE, { kind: 'address', name: 'a' }));
    expect(decisions.map((decision) => decision?.isAllowed)).toEqual([
      ...Array(10).fill(true),
      ...Array(5).fill(false),
    ]);
    expect(await countOf('day', 'a')).toBe(10);
  });

  test('wrong keys are counted together, and one that turns out right is given back', async () => {
    const [here, there] = [(await connect()).limits, (await connect()).limits];
    for (let sent = 0; sent < 30; sent += 1) {
      for (const limits of [here, there]) await limits.consume(WRONG_KEYS, { kind: 'address', name: 'a' });
    }
    expect((await here.consume(WRONG_KEYS, { kind: 'address', name: 'a' }))?.isAllowed).toBe(false);
    await here.consume(WRONG_KEYS, { kind: 'address', name: 'b' });
    await there.giveBack(WRONG_KEYS, { kind: 'address', name: 'b' });
    expect((await here.consume(WRONG_KEYS, { kind: 'address', name: 'b' }))?.remaining).toBe(59);
  });

  test('a refusal by the day is not counted in the minute, and tells of the day', async () => {
    const { limits } = await connect();
    await inRedis((client) => client.set(keyOf('day', 'a'), 198, { EX: 5_000 }));
    const decisions = [];
    for (let request = 0; request < 4; request += 1)
      decisions.push(await limits.consume(EXPORT_ROUTE, { kind: 'address', name: 'a' }));
    expect(decisions).toEqual([
      { isAllowed: true, limit: 10, remaining: 9, resetSeconds: 60 },
      { isAllowed: true, limit: 200, remaining: 0, resetSeconds: expect.any(Number) },
      { isAllowed: false, limit: 200, remaining: 0, resetSeconds: expect.any(Number) },
      { isAllowed: false, limit: 200, remaining: 0, resetSeconds: expect.any(Number) },
    ]);
    expect(decisions[2]?.resetSeconds).toBeGreaterThan(4_900);
    expect(await countOf('minute', 'a')).toBe(2);
  });

  test('with both full, the wait is the longer one', async () => {
    const { limits } = await connect();
    await inRedis(async (client) => {
      await client.set(keyOf('minute', 'a'), 10, { EX: 50 });
      await client.set(keyOf('day', 'a'), 200, { EX: 5_000 });
    });
    expect(await limits.consume(EXPORT_ROUTE, { kind: 'address', name: 'a' })).toMatchObject({
      isAllowed: false,
      limit: 200,
    });
  });

  test('once a window has ended, all fits again', async () => {
    const { limits } = await connect();
    for (let request = 0; request < 11; request += 1)
      await limits.consume(EXPORT_ROUTE, { kind: 'address', name: 'a' });
    await inRedis((client) => client.pExpire(keyOf('minute', 'a'), 1));
    const decision = await waitUntil('the end of the window', async () => {
      const decision = await limits.consume(EXPORT_ROUTE, { kind: 'address', name: 'a' });
      return decision?.isAllowed === true && decision;
    });
    expect(decision).toMatchObject({ limit: 10, remaining: 9, resetSeconds: 60 });
  });

  test('every count ends by itself', async () => {
    const { limits } = await connect();
    // A reply that is late leaves a count in memory alone.
    const lives = await waitUntil('both counts', async () => {
      await limits.consume(STATS_ROUTE, { kind: 'key', name: 'k' });
      const lives = await inRedis(async (client) => {
        const keys = (await client.keys('*')).filter((key) => key.includes(STATS));
        return Promise.all(keys.map((key) => client.ttl(key)));
      });
      return lives.length > 1 && lives;
    });
    expect(lives.toSorted((a, b) => a - b)).toEqual([expect.closeTo(60, -1), expect.closeTo(86_400, -1)]);
  });

  test('a Redis that dies: limits go on in memory; one that returns is counted in again', async () => {
    const { limits, shared, outages, returns } = await connect();
    await limits.consume(EXPORT_ROUTE, { kind: 'address', name: 'a' });
    await redis.kill();
    const allowed = [];
    for (let request = 0; request < 12; request += 1)
      allowed.push((await limits.consume(EXPORT_ROUTE, { kind: 'address', name: 'b' }))?.isAllowed);
    expect(allowed).toEqual([...Array(10).fill(true), false, false]);
    await waitUntil('the outage', () => outages.length > 0);
    await redis.start();
    await waitUntil('Redis to be back', () => shared.isReady);
    await limits.consume(EXPORT_ROUTE, { kind: 'address', name: 'c' });
    expect(await countOf('day', 'c')).toBe(1);
    expect([outages.length, returns()]).toEqual([1, 1]);
  });

  test('a Redis that hangs: one outage, limits in memory, and Redis again when it answers', async () => {
    const { limits, shared, outages, returns } = await connect();
    redis.pause();
    const decisions = await Promise.all(
      Array.from({ length: 12 }, () => limits.consume(EXPORT_ROUTE, { kind: 'address', name: 'a' })),
    );
    expect(decisions.filter((decision) => decision?.isAllowed === true)).toHaveLength(10);
    expect(shared.isReady).toBe(false);
    expect(await limits.consume(EXPORT_ROUTE, { kind: 'address', name: 'b' })).toMatchObject({
      isAllowed: true,
      remaining: 9,
    });
    redis.resume();
    await waitUntil('Redis to be back', () => shared.isReady);
    expect([outages, returns()]).toEqual([['TimeoutError'], 1]);
  });

  test('a Redis that hangs for long: the connection is given up and made anew', async () => {
    const { shared, outages, returns } = await connect();
    const connections = () =>
      inRedis(async (client) =>
        Number(/total_connections_received:(\d+)/.exec(await client.info('stats'))?.[1]),
      );
    const before = await connections();
    redis.pause();
    await waitUntil('the outage', () => outages.length > 0);
    redis.resume();
    await waitUntil('Redis to be back', () => shared.isReady);
    // The count itself takes one connection.
    expect(await connections()).toBeGreaterThan(before + 1);
    expect([outages, returns()]).toEqual([['SocketTimeoutError'], 1]);
  });

  test('a Redis that is not there yet: limits in memory until it is', async () => {
    await redis.kill();
    const { limits, shared, outages, returns } = await connect();
    expect(await limits.consume(EXPORT_ROUTE, { kind: 'address', name: 'a' })).toMatchObject({
      isAllowed: true,
      remaining: 9,
    });
    expect(outages).toEqual(['ECONNREFUSED']);
    await redis.start();
    await waitUntil('Redis', () => shared.isReady);
    await limits.consume(EXPORT_ROUTE, { kind: 'address', name: 'b' });
    expect(await countOf('day', 'b')).toBe(1);
    expect([outages.length, returns()]).toEqual([1, 1]);
  });

  test('a Redis that takes no writes is as good as away', async () => {
    const { limits, shared, outages } = await connect();
    await inRedis((client) => client.sendCommand(['REPLICAOF', '127.0.0.1', '1']));
    expect(await limits.consume(EXPORT_ROUTE, { kind: 'address', name: 'a' })).toMatchObject({
      isAllowed: true,
      remaining: 9,
    });
    expect(await limits.consume(EXPORT_ROUTE, { kind: 'address', name: 'a' })).toMatchObject({
      isAllowed: true,
      remaining: 8,
    });
    expect(outages).toEqual(['READONLY']);
    await inRedis((client) => client.sendCommand(['REPLICAOF', 'NO', 'ONE']));
    await waitUntil('Redis to be back', () => shared.isReady);
  });
});

describe('instances that share a Redis', () => {
  let redis: LocalRedis;
  let spoors: readonly TestSpoor[] = [];
  beforeAll(async () => {
    redis = await LocalRedis.start();
    const settings = { SPOOR_RATE_LIMITS: 'on', SPOOR_REDIS_URL: redis.url, SPOOR_TRUST_PROXY: '1' };
    const first = await startSpoor(settings);
    spoors = [first, await startSpoor({ ...settings, CLICKHOUSE_DATABASE: first.database.name })];
    await first.send('PUT', '/api/v1/urls/public', { json: { private_stats: false } });
  });
  afterAll(async () => {
    await stopSharing(spoors);
    await redis.kill();
  });

  /** What each of `count` requests, sent to the instances in turn, gets: its status and what it has left. */
  const alternate = async (count: number, address: string, key: string | null = null) => {
    const answers: (readonly [number, number])[] = [];
    for (let request = 0; request < count; request += 1) {
      const headers = { 'x-forwarded-for': address };
      const answer = await spoors[request % spoors.length]?.send('GET', STATS + PUBLIC, { key, headers });
      answers.push([answer?.status ?? 0, Number(answer?.headers.get('ratelimit-remaining'))]);
    }
    return answers;
  };

  /**
   * A reply of Redis that is late on a busy machine lets an instance count for itself for a moment. So the requests are sent again,
   * by another client, until nothing was late.
   */
  const untilCountedAsOne = (
    expected: readonly (readonly [status: number, left: number])[],
    client: () => Promise<readonly [address: string, key?: string | undefined]>,
  ) =>
    waitUntil(`both to answer ${JSON.stringify(expected)}`, async () =>
      isDeepStrictEqual(await alternate(expected.length, ...(await client())), expected),
    );

  let addresses = 0;
  const newAddress = () => `198.51.100.${++addresses}`;

  test('they count as one, by address and by key', async () => {
    await untilCountedAsOne(
      [...Array.from({ length: 20 }, (_, place) => [200, 19 - place] as const), [429, 0], [429, 0]],
      async () => [newAddress()],
    );
    await untilCountedAsOne(
      [59, 58, 57, 56].map((left) => [200, left] as const),
      async () => [newAddress(), await spoors[0]?.createKey('admin')],
    );
  });

  test('without Redis each serves and counts for itself; with it again they count as one', async () => {
    await redis.kill();
    const alone = await alternate(44, newAddress());
    expect(alone.map(([status]) => status)).toEqual([...Array(40).fill(200), 429, 429, 429, 429]);
    await redis.start();
    await waitUntil('a count that is shared', async () => {
      const [first, second] = await alternate(2, newAddress());
      return first?.[1] === 19 && second?.[1] === 18;
    });
  });
});

describe('schedules of two instances', () => {
  let redis: LocalRedis;
  let receiver: WebhookReceiver;
  let clock = Date.now();
  let spoors: readonly TestSpoor[];
  const opened: SharedRedis[] = [];
  beforeAll(async () => {
    redis = await LocalRedis.start();
    receiver = await WebhookReceiver.start();
    const settings = { SPOOR_REDIS_URL: redis.url, SPOOR_WEBHOOK_PRIVATE: 'allow' };
    const options = { now: () => clock };
    const first = await startSpoor(settings, options);
    const shared = { ...settings, CLICKHOUSE_DATABASE: first.database.name };
    spoors = [first, await startSpoor(shared, options)];
  });
  afterAll(async () => {
    for (const shared of opened) shared.close();
    await stopSharing(spoors);
    receiver.stop();
    await redis.kill();
  });

  const open = async () => {
    const shared = await SharedRedis.open(redis.url, { onUnreachable: () => {}, onBack: () => {} });
    opened.push(shared);
    return shared;
  };
  /** A reply that is late on a busy machine is none. */
  const holds = (lease: RedisLease, expected: boolean) =>
    waitUntil(
      `the lease to be ${expected ? 'held' : 'let go'}`,
      async () => (await lease.hold()) === expected,
    );

  test('the lease is one instance’s until it ends or is released', async () => {
    let now = 0;
    const [one, other] = [await open(), await open()].map(
      (shared) => new RedisLease(shared, 'spoor:schedules:test', () => now),
    );
    if (one === undefined || other === undefined) throw new Error('There are two.');
    await holds(one, true);
    expect(await other.hold()).toBe(false);
    await one.release();
    await holds(other, true);
    expect(await one.hold()).toBe(false);
    const client = clientOf(redis);
    await client.connect();
    expect(await client.pTTL('spoor:schedules:test')).toBeLessThanOrEqual(LEASE_MS);
    await client.del('spoor:schedules:test');
    client.destroy();
    await holds(one, true);
    await redis.kill();
    expect(await one.hold()).toBe(true);
    now += LEASE_MS;
    expect(await one.hold()).toBe(false);
    await redis.start();
  });

  test('each run happens once, and the other instance goes on where one has ended', async () => {
    const [first, second] = spoors;
    if (first === undefined || second === undefined) throw new Error('There are two.');
    const hook = { webhook: { url: receiver.url } };
    const json = { cron: '0 * * * *', range: 'yesterday', format: 'csv', ...hook };
    const { id } = (await second.send('POST', '/api/v1/schedules', { json })).json;
    const runAt = async (hours: number) => {
      clock = (Math.floor(clock / 3_600_000) + hours) * 3_600_000;
      await waitUntil('the run', async () => {
        // One that has been stopped runs nothing.
        await Promise.all(spoors.map(({ running }) => running.runSchedules()));
        const { items } = (await second.send('GET', `/api/v1/schedules/${id}/runs`)).json;
        return items[0]?.webhook?.status === 'delivered' && Date.parse(items[0].due_at) === clock;
      });
      return receiver.take().map(({ event }) => event.data.due_at);
    };
    expect(await runAt(1)).toEqual([new Date(clock).toISOString()]);
    await first.running.stop();
    expect(await runAt(1)).toEqual([new Date(clock).toISOString()]);
  });
});

describe('a server with SPOOR_REDIS_URL', () => {
  let redis: LocalRedis;
  beforeAll(async () => {
    redis = await LocalRedis.start('--requirepass', SECRET);
  });
  afterAll(async () => {
    await endProcesses();
    await redis.kill();
  });

  const serve = (password: string) =>
    new SpoorProcess(['serve'], {
      SPOOR_DATA_DIR: newFolder(),
      CLICKHOUSE_URL: process.env['TEST_CLICKHOUSE_URL'] ?? '',
      CLICKHOUSE_USER: process.env['TEST_CLICKHOUSE_USER'] ?? '',
      CLICKHOUSE_PASSWORD: process.env['TEST_CLICKHOUSE_PASSWORD'] ?? '',
      CLICKHOUSE_DATABASE: `test_${randomUUID().replaceAll('-', '')}`,
      SPOOR_VISITOR_SECRET: 'a secret of the tests',
      SPOOR_ADMIN_KEY: ADMIN_KEY,
      SPOOR_REDIS_URL: `redis://default:${password}@127.0.0.1:${redis.port}/1`,
    });

  test.each([
    ['that takes the password', SECRET, []],
    ['that refuses it', `${SECRET}-wrong`, ['WRONGPASS']],
  ])('serves with a Redis %s, tells of an outage once, and stops', async (_, password, failures) => {
    const server = serve(password);
    const url = await server.listening();
    // A request whose reply of Redis is late is counted by the server itself.
    await waitUntil('three requests to be counted in one place', async () => {
      const answer = await fetch(`${url}${STATS}`);
      expect(answer.status).toBe(401);
      return answer.headers.get('ratelimit-remaining') === '17';
    });
    server.signal('SIGTERM');
    const { code, stdout, stderr } = await server.ended;
    expect(code).toBe(0);
    const logged: { readonly failure?: string }[] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(logged.flatMap(({ failure }) => failure ?? [])).toEqual(failures);
    expect(stdout + stderr).not.toContain(SECRET);
    expect(stdout).not.toContain('127.0.0.1"');
  });
});
