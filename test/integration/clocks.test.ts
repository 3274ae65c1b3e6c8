import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { endProcesses, newFolder, startServer, waitUntil } from '../support/process.ts';
import { shiftedClock } from '../support/shifted-clock.ts';
import { ADMIN_KEY, type TestSpoor, clickHouseSettings, startSpoor } from '../support/spoor.ts';

const HOUR_MS = 3_600_000;
/** Each start is a process and an engine. */
const TIMEOUT_MS = 240_000;
const SETTINGS = { SPOOR_ADMIN_KEY: ADMIN_KEY, SPOOR_RATE_LIMITS: 'off' };
const CLICKED_AT = '2026-01-15T12:00:00Z';
const RANGE = 'start_date=2026-01-01&end_date=2026-02-01';

/** What tests ask of a server, whatever its clock says. */
function clientOf(url: string) {
  const send = async (
    method: string,
    path: string,
    { key = ADMIN_KEY, json, headers = {} }: { key?: string | null; json?: object; headers?: object } = {},
  ) => {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
  };
  return {
    send,
    put: async (code: string, change: object) => (await send('PUT', `urls/${code}`, { json: change })).status,
    remove: async (code: string) => (await send('DELETE', `urls/${code}`)).status,
    click: async (code: string) =>
      (await send('POST', 'clicks', { json: { short_code: code, clicked_at: CLICKED_AT } })).status,
    /** Of a public URL its clicks, else the status that a stranger is answered. */
    clicksOf: async (code: string) => {
      const { status, json } = await send('GET', `stats?scope=anon&short_code=${code}&${RANGE}`, {
        key: null,
      });
      return status === 200 ? { clicks: json.summary.total_clicks } : status;
    },
    makeKey: async () => {
      const json = { owner_id: 'admin', name: 'test', scopes: ['stats:read'] };
      return (await send('POST', 'keys', { json })).json;
    },
    revoke: async (id: string) => (await send('DELETE', `keys/${id}`)).status,
    statusWith: async (key: string) => (await send('GET', `stats?${RANGE}`, { key })).status,
  };
}

afterEach(endProcesses);

describe('a server whose clock was ahead', () => {
  /** Serves with a clock that is so far off until the work is done, each time a process of its own. */
  async function serving<T>(
    dataDir: string,
    offsetMs: number,
    work: (client: ReturnType<typeof clientOf>) => Promise<T>,
  ): Promise<T> {
    const { server, url } = await startServer({
      SPOOR_DATA_DIR: dataDir,
      ...SETTINGS,
      ...shiftedClock(offsetMs),
    });
    const result = await work(clientOf(url));
    server.signal('SIGTERM');
    expect((await server.ended).code).toBe(0);
    return result;
  }

  test(
    'what is changed once it is right holds, also after the next start',
    async () => {
      const dataDir = join(newFolder(), 'data');
      const key = await serving(dataDir, HOUR_MS, async (ahead) => {
        for (const code of ['opened', 'deleted', 'again', 'often']) {
          expect(await ahead.put(code, { private_stats: false })).toBe(201);
          expect(await ahead.click(code)).toBe(200);
          expect(await ahead.clicksOf(code)).toEqual({ clicks: 1 });
        }
        const made = await ahead.makeKey();
        expect(await ahead.statusWith(made.key)).toBe(200);
        return made;
      });

      const check = async (server: ReturnType<typeof clientOf>) => {
        expect(await server.statusWith(key.key)).toBe(401);
        expect(await server.clicksOf('opened')).toBe(401);
        expect(await server.clicksOf('deleted')).toBe(404);
        expect(await server.clicksOf('again')).toEqual({ clicks: 0 });
        expect(await server.clicksOf('often')).toEqual({ clicks: 1 });
      };
      await serving(dataDir, 0, async (right) => {
        expect(await right.revoke(key.id)).toBe(204);
        expect(await right.put('opened', { private_stats: true })).toBe(200);
        expect(await right.remove('deleted')).toBe(204);
        expect(await right.remove('again')).toBe(204);
        expect(await right.put('again', { private_stats: false })).toBe(201);
        for (const isPrivate of [true, false, true, false]) {
          expect(await right.put('often', { private_stats: isPrivate })).toBe(200);
          expect(await right.clicksOf('often')).toEqual(isPrivate ? 401 : { clicks: 1 });
        }
        await check(right);
      });
      await serving(dataDir, -HOUR_MS, async (behind) => {
        await check(behind);
        expect(await behind.click('again')).toBe(200);
        expect(await behind.remove('again')).toBe(204);
        expect(await behind.put('deleted', { private_stats: false })).toBe(201);
      });
      await serving(dataDir, 0, async (right) => {
        expect(await right.clicksOf('again')).toBe(404);
        expect(await right.clicksOf('deleted')).toEqual({ clicks: 0 });
      });
    },
    TIMEOUT_MS,
  );
});

describe('two servers on one ClickHouse, one an hour ahead', () => {
  let spoor: TestSpoor;
  let servers: readonly ReturnType<typeof clientOf>[];
  beforeAll(async () => {
    spoor = await startSpoor();
  });
  afterAll(() => spoor.stop());

  async function start(offsetMs: number) {
    const { url } = await startServer({
      ...SETTINGS,
      ...clickHouseSettings(),
      CLICKHOUSE_DATABASE: spoor.database.name,
      SPOOR_DATA_DIR: newFolder(),
      SPOOR_VISITOR_SECRET: 'a secret of the tests',
      ...shiftedClock(offsetMs),
    });
    return clientOf(url);
  }

  test(
    'whichever changes a thing last, the change holds for both',
    async () => {
      const [ahead, right] = (servers = [await start(HOUR_MS), await start(0)]);
      if (ahead === undefined || right === undefined) throw new Error('two were started');
      const both = async (what: string, check: (server: (typeof servers)[number]) => Promise<boolean>) => {
        for (const server of servers) await waitUntil(what, () => check(server));
      };
      const key = await ahead.makeKey();
      await both('the key to work', async (server) => (await server.statusWith(key.key)) === 200);
      expect(await right.revoke(key.id)).toBe(204);
      await both('the key to be refused', async (server) => (await server.statusWith(key.key)) === 401);

      expect(await ahead.put('code', { private_stats: false })).toBe(201);
      expect(await ahead.click('code')).toBe(200);
      for (const isPrivate of [true, false]) {
        for (const changer of servers) {
          expect(await changer.put('code', { private_stats: isPrivate })).toBe(200);
          await both(`private_stats: ${isPrivate}`, async (server) =>
            isPrivate
              ? (await server.clicksOf('code')) === 401
              : typeof (await server.clicksOf('code')) === 'object',
          );
          expect(await changer.put('code', { private_stats: !isPrivate })).toBe(200);
        }
      }
      for (const remover of servers) {
        expect(await ahead.put('code', { private_stats: false })).toBeLessThan(300);
        expect(await ahead.click('code')).toBe(200);
        expect(await remover.remove('code')).toBe(204);
        await both('the URL to be gone', async (server) => (await server.clicksOf('code')) === 404);
        expect(await right.put('code', { private_stats: false })).toBe(201);
        await both('a new URL without clicks', async (server) => {
          const found = await server.clicksOf('code');
          return typeof found === 'object' && found.clicks === 0;
        });
      }
    },
    TIMEOUT_MS,
  );
});
