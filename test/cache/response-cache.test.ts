import { expect, test } from '@jest/globals';
import { DataChanges } from '../../src/cache/data-changes.ts';
import { PartVersions } from '../../src/cache/freshness-check.ts';
import { OwnerLru } from '../../src/cache/owner-lru.ts';
import { type ComputeResponse, ResponseCache } from '../../src/cache/response-cache.ts';
import {
  type Cacheability,
  type ComputedResponse,
  StoredResponses,
} from '../../src/cache/stored-responses.ts';
import { unavailable } from '../../src/errors.ts';
import type { Holder } from '../../src/fair-share/holder.ts';

const ANN: Holder = { kind: 'owner', name: 'ann' };
const ANONYMOUS: Holder = { kind: 'anonymous', name: '192.0.2.1' };
const signal = new AbortController().signal;
/** About one public link of ann's. */
const TENANT = { kind: 'url', ownerId: 'ann', shortCode: 'launch' } as const;

/** A cache over a ClickHouse of this part version (undefined: it has none to tell), and what was counted. */
function createCache() {
  const changes = new DataChanges();
  const counted: string[] = [];
  const clickhouse: { version: string | undefined } = { version: '1' };
  const freshness = {
    partVersions: async () => {
      const { version } = clickhouse;
      return version === undefined ? undefined : new PartVersions(changes.now(), new Map([[0, version]]));
    },
  };
  const stored = new StoredResponses(new OwnerLru(1_048_576), changes, freshness);
  const cache = new ResponseCache(stored, (outcome, reason) =>
    counted.push(reason === undefined ? outcome : `${outcome}: ${reason}`),
  );
  const ask = async (holder: Holder, compute: ComputeResponse, isOpen = true): Promise<string> => {
    const request = { key: 'the same', tenant: TENANT, holder, isOpen };
    return (await cache.respond(request, signal, compute)).body.toString();
  };
  return { ask, changes, clickhouse, counted };
}

const OPEN: Cacheability = { cacheable: false, reason: 'open_range' };

const responseOf = (text: string, cacheability: Cacheability = OPEN): ComputedResponse => ({
  body: Buffer.from(text),
  tag: text,
  range: { start: 0, end: 1 },
  dependsOnTags: false,
  cacheability,
});

/** Waits in its holder's queue until it is refused. */
function queued(): { readonly compute: ComputeResponse; readonly refuse: () => void } {
  let refuse = (): void => {};
  const refusal = new Promise<never>((_, reject) => (refuse = () => reject(unavailable('refused'))));
  return { compute: () => refusal, refuse };
}

test.each<[string, Holder, Holder]>([
  ['an owner', ANN, ANONYMOUS],
  ['an owner', ANN, { kind: 'owner', name: 'ben' }],
  ['an anonymous client', ANONYMOUS, { kind: 'owner', name: ANONYMOUS.name }],
])('%s, %j, neither waits for the share of %j nor is refused with it', async (_, holder, other) => {
  const { ask } = createCache();
  const { compute, refuse } = queued();
  const waiting = ask(other, compute);
  expect(await ask(holder, async () => responseOf('own'))).toBe('own');
  refuse();
  await expect(waiting).rejects.toThrow('refused');
});

test.each<[string, Holder, Holder]>([
  ['one owner', ANN, ANN],
  ['anonymous clients of any network', ANONYMOUS, { kind: 'anonymous', name: '2001:db8:0:1::/64' }],
])('identical requests of %s are coalesced', async (_, holder, other) => {
  const { ask, counted } = createCache();
  let respond = (_response: ComputedResponse): void => {};
  const response = new Promise<ComputedResponse>((resolve) => (respond = resolve));
  const first = ask(holder, () => response);
  const second = ask(other, () => Promise.reject(new Error('computed again')));
  respond(responseOf('shared'));
  expect(await Promise.all([first, second])).toEqual(['shared', 'shared']);
  expect(counted).toEqual(['miss: absent', 'coalesced']);
});

const computing =
  (text: string, cacheability?: Cacheability): ComputeResponse =>
  async (_, begin) => {
    await begin();
    return responseOf(text, cacheability);
  };

test('when one who asked first has no share left, those who joined ask for themselves', async () => {
  const { ask } = createCache();
  const { compute, refuse } = queued();
  const first = ask(ANONYMOUS, compute);
  const joined = ask(ANONYMOUS, computing('own'));
  await Promise.resolve();
  refuse();
  await expect(first).rejects.toThrow('refused');
  expect(await joined).toBe('own');
});

test('once clicks are being read, a failure is that of all who wait', async () => {
  const { ask } = createCache();
  let fail = (): void => {};
  const failure = new Promise<never>((_, reject) => {
    fail = () => reject(unavailable('ClickHouse does not answer.'));
  });
  const first = ask(ANONYMOUS, async (_, begin) => {
    await begin();
    return failure;
  });
  const joined = ask(ANONYMOUS, computing('own'));
  fail();
  await expect(first).rejects.toThrow('does not answer');
  await expect(joined).rejects.toThrow('does not answer');
});

const ENDED: Cacheability = { cacheable: true, untilMs: Infinity };

/** After a change that this process acknowledged, whatever is cached is past its TTL. */
test.each<[string, { cacheability: Cacheability; version?: string | undefined; after?: string }, string]>([
  ['the same part version', { cacheability: ENDED, version: '1', after: '1' }, 'hit'],
  ['another part version', { cacheability: ENDED, version: '1', after: '2' }, 'miss: changed'],
  ['no part version', { cacheability: ENDED }, 'miss: no_part_version'],
  ['a range that ends now', { cacheability: OPEN, version: '1', after: '1' }, 'miss: open_range'],
  [
    'a range that retention has reached',
    { cacheability: { cacheable: true, untilMs: 0 }, version: '1', after: '1' },
    'miss: expired',
  ],
])('past its TTL, with %s, a response is a %j → %s', async (_, { cacheability, version, after }, outcome) => {
  const { ask, changes, clickhouse, counted } = createCache();
  clickhouse.version = version;
  const compute = computing('first', cacheability);
  await ask(ANN, compute, !cacheability.cacheable);
  changes.note(['ann']);
  clickhouse.version = after;
  await ask(ANN, computing('second', cacheability), !cacheability.cacheable);
  expect(counted).toEqual(['miss: absent', outcome]);
});

test('within its TTL a response is served unless its owner’s data changed', async () => {
  const { ask, changes, counted } = createCache();
  expect(await ask(ANN, computing('first'))).toBe('first');
  changes.note(['ben']);
  expect(await ask(ANN, computing('second'))).toBe('first');
  changes.note(['ann']);
  expect(await ask(ANN, computing('third'))).toBe('third');
  changes.note('every-owner');
  expect(await ask(ANN, computing('fourth'))).toBe('fourth');
  expect(counted).toEqual(['miss: absent', 'hit', 'miss: open_range', 'miss: open_range']);
});
