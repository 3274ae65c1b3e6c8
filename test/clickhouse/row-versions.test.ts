import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CacheBudget } from '../../src/cache/cache-budget.ts';
import { createVersions } from '../../src/clickhouse/row-versions.ts';
import { IdempotencyLedger } from '../../src/clicks/idempotency.ts';
import { ClickRemoval } from '../../src/erasure/click-removal.ts';
import { KeyStore, hashKey } from '../../src/keys/key-store.ts';
import { UrlRegistry } from '../../src/urls/url-registry.ts';
import { SEED, seededRandom } from '../support/random.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const STEPS = 40;
const CODES = ['a', 'b', 'c'];
const DAY_MS = 86_400_000;
const BEGUN = Date.now();

const urlOf = (shortCode: string) => ({
  shortCode,
  ownerId: 'me',
  createdAt: 0,
  privateStats: true,
  longUrl: null,
  tags: [],
});

test('versions grow, and are above what they replace, whatever the clock does', () => {
  let now = DAY_MS;
  const nextVersion = createVersions(() => now);
  const first = nextVersion(0);
  expect(first).toBe(DAY_MS * 1000);
  expect(nextVersion(0)).toBeGreaterThan(first);
  const ahead = nextVersion(first * 2);
  expect(ahead).toBeGreaterThan(first * 2);
  now = 0;
  expect(nextVersion(0)).toBeGreaterThan(ahead);
});

describe('instances whose clocks are set at random', () => {
  let spoor: TestSpoor;
  beforeAll(async () => {
    spoor = await startSpoor();
  });
  afterAll(() => spoor.stop());

  /** One more instance on the same ClickHouse, as it is wired when it is not alone. */
  function instance(now: () => number) {
    const { database, clickTables } = spoor;
    const nextVersion = createVersions(now);
    const caches = new CacheBudget(1_048_576);
    const urls = new UrlRegistry(
      database,
      nextVersion,
      new ClickRemoval(clickTables, { note: async () => {} }),
      caches,
      false,
    );
    return {
      urls,
      keys: new KeyStore(database, nextVersion, Date.now, caches, false),
      ledger: new IdempotencyLedger(database, nextVersion, false),
    };
  }

  test(`what was changed last is what is stored (SPOOR_TEST_SEED=${SEED})`, async () => {
    const below = seededRandom(SEED);
    const skew = () => (below(2) === 0 ? 0 : below(2 * DAY_MS) - DAY_MS);
    const offsets = [0, 0];
    const instances = offsets.map((_, place) => instance(() => Date.now() + (offsets[place] ?? 0)));
    const pick = <T>(items: readonly T[]): T => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('nothing to choose from');
      return item;
    };
    const urls = new Map<string, boolean>();
    const keys = new Map<string, { readonly id: string; readonly isRevoked: boolean }>();
    const steps: Readonly<Record<string, (on: (typeof instances)[number], code: string) => Promise<void>>> = {
      'set a clock': async () => void (offsets[below(2)] = skew()),
      put: async (on, code) => {
        const privateStats = below(2) === 0;
        const { isNew } = await on.urls.put(
          code,
          { privateStats },
          { ownerId: 'me', now: 0, mayChange: () => {} },
        );
        expect(isNew).toBe(!urls.has(code));
        urls.set(code, privateStats);
      },
      register: async (on, code) => {
        const registered = await on.urls.registerMissing([urlOf(code)]);
        expect(registered.get(code)?.privateStats).toBe(urls.get(code) ?? true);
        if (!urls.has(code)) urls.set(code, true);
      },
      delete: async (on, code) => {
        await on.urls.delete(urlOf(code));
        urls.delete(code);
      },
      'make a key': async (on) => {
        const { key, stored } = await on.keys.create({
          ownerId: 'me',
          name: 'test',
          scopes: ['stats:read'],
          rateLimit: 'standard',
          expiresAt: null,
        });
        keys.set(key, { id: stored.id, isRevoked: false });
      },
      'revoke a key': async (on) => {
        if (keys.size === 0) return;
        const [key, { id, isRevoked }] = pick([...keys]);
        expect(await on.keys.revoke(id)).toBe(!isRevoked);
        keys.set(key, { id, isRevoked: true });
      },
    };
    // So that there is one, whatever is drawn.
    await steps['make a key']?.(pick(instances), '');
    for (let step = 0; step < STEPS; step++) {
      const [name, work] = pick(Object.entries(steps));
      const code = pick(CODES);
      try {
        await work(pick(instances), code);
        const fresh = instance(Date.now);
        const found = await fresh.urls.findMany(CODES);
        expect(new Map([...found].map(([one, { privateStats }]) => [one, privateStats]))).toEqual(urls);
        if (!name.includes('key')) continue;
        for (const [key, { isRevoked }] of keys) {
          expect((await fresh.keys.findKnown(hashKey(key))) === undefined).toBe(isRevoked);
        }
      } catch (error) {
        throw new Error(`step ${step}: ${name} ${code}, clocks off by ${offsets.join(' and ')} ms`, {
          cause: error,
        });
      }
    }
    expect(keys.size).toBeGreaterThan(0);
  });

  test('a request that an instance ahead has begun is answered for good by another one', async () => {
    const request = { ownerId: 'me', key: randomUUID(), bodySha256: '0'.repeat(64) };
    const [ahead, right] = [instance(() => Date.now() + DAY_MS), instance(Date.now)];
    const lost = ahead.ledger.once(request, BEGUN, () => Promise.reject(new Error('lost')));
    await expect(lost).rejects.toThrow('lost');
    const answers: string[] = [];
    for (const { ledger } of [right, instance(Date.now), right]) {
      answers.push(
        await ledger.once(request, BEGUN + 2, async (attempt) => {
          expect(attempt).toMatchObject({ receivedAt: BEGUN, isRetry: true });
          return `answer ${answers.length}`;
        }),
      );
    }
    expect(answers).toEqual(Array(3).fill('answer 0'));
  });
});
