import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { createClient } from '../../src/cli/client.ts';
import { endProcesses, newFolder, processesNaming, startServer, waitUntil } from '../support/process.ts';
import { SEED, seededRandom } from '../support/random.ts';
import { ADMIN_KEY } from '../support/spoor.ts';

const STEPS = Number(process.env['SPOOR_TEST_STEPS'] ?? 60);
const CODES = ['a', 'b', 'c', 'd'];
const OWNERS = ['me', 'them'] as const;

type Owner = (typeof OWNERS)[number];

interface Known {
  readonly owner: Owner;
  readonly isPrivate: boolean;
  readonly clicks: number;
}

afterAll(endProcesses);

test(`a server on its own engine knows its URLs whatever happens to them (SPOOR_TEST_SEED=${SEED})`, async () => {
  const below = seededRandom(SEED);
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  };
  const dataDir = join(newFolder(), 'data');
  const { url } = await startServer({
    SPOOR_DATA_DIR: dataDir,
    SPOOR_ADMIN_KEY: ADMIN_KEY,
    SPOOR_RATE_LIMITS: 'off',
  });
  const keys = new Map<string, string>();
  for (const owner of OWNERS) {
    const wanted = {
      owner_id: owner,
      name: owner,
      scopes: ['clicks:write', 'urls:write', 'urls:read', 'stats:read'],
    };
    const made: any = await createClient(url, ADMIN_KEY).request('POST', '/api/v1/keys', { json: wanted });
    keys.set(owner, made.key);
  }
  const send = async (owner: Owner | undefined, method: string, path: string, body?: object) => {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers: {
        ...(owner === undefined ? {} : { authorization: `Bearer ${keys.get(owner)}` }),
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
  };

  const known = new Map<string, Known>();
  const steps: Readonly<Record<string, (owner: Owner, code: string) => Promise<void>>> = {
    click: async (owner, code) => {
      const { status } = await send(owner, 'POST', 'clicks', { short_code: code });
      const there = known.get(code) ?? { owner, isPrivate: true, clicks: 0 };
      expect(status).toBe(there.owner === owner ? 200 : 422);
      if (there.owner === owner) known.set(code, { ...there, clicks: there.clicks + 1 });
    },
    put: async (owner, code) => {
      const isPrivate = below(2) === 0;
      const { status } = await send(owner, 'PUT', `urls/${code}`, { private_stats: isPrivate });
      const there = known.get(code);
      if (there === undefined) expect(status).toBe(201);
      else expect(status).toBe(there.owner === owner ? 200 : 403);
      if (there === undefined || there.owner === owner)
        known.set(code, { owner, clicks: 0, ...there, isPrivate });
    },
    delete: async (owner, code) => {
      const { status } = await send(owner, 'DELETE', `urls/${code}`);
      const there = known.get(code);
      if (there === undefined) expect(status).toBe(404);
      else expect(status).toBe(there.owner === owner ? 204 : 403);
      if (there?.owner === owner) known.delete(code);
    },
    look: async (owner, code) => {
      const { status, json } = await send(owner, 'GET', `urls/${code}`);
      const there = known.get(code);
      if (there === undefined) expect(status).toBe(404);
      else expect(status).toBe(there.owner === owner ? 200 : 403);
      if (status === 200) expect(json.private_stats).toBe(there?.isPrivate);
    },
    count: async (_, code) => {
      const { status, json } = await send(undefined, 'GET', `stats?scope=anon&short_code=${code}`);
      const there = known.get(code);
      if (there === undefined) expect(status).toBe(404);
      else expect(status).toBe(there.isPrivate ? 401 : 200);
      if (status === 200) expect(json.summary.total_clicks).toBe(there?.clicks);
    },
    'kill the engine': async () => {
      if (below(8) > 0) return;
      for (const pid of processesNaming(`--path=${dataDir}`)) process.kill(pid, 'SIGKILL');
      await waitUntil('the engine to answer again', async () => (await fetch(`${url}/ready`)).ok);
    },
  };
  for (let step = 0; step < STEPS; step++) {
    const [name, work] = pick(Object.entries(steps));
    const [owner, code] = [pick(OWNERS), pick(CODES)];
    try {
      await work(owner, code);
    } catch (error) {
      throw new Error(`step ${step}: ${name} ${code} by ${owner}`, { cause: error });
    }
  }
  expect(known.size).toBeGreaterThan(0);
});
