import { describe, expect, test } from '@jest/globals';
import { array, assert, asyncProperty, integer, nat, record } from '../support/fast-check.ts';
import { FairShare } from '../../src/fair-share/fair-share.ts';
import type { Lease, ShareOptions } from '../../src/fair-share/share.ts';
import type { Holder } from '../../src/fair-share/holder.ts';

const OPTIONS: ShareOptions = {
  resource: 'test',
  size: 4,
  each: { owner: 3, anonymous: 2 },
  anonymous: 2,
  maxWaitMs: 60_000,
  maxWaiting: 400,
  refusal: 'Too much at once.',
};

const owner = (name: string): Holder => ({ kind: 'owner', name });
const anonymous = (name: string): Holder => ({ kind: 'anonymous', name });

/** What has been settled by now; promises that can settle have. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a share', () => {
  test('has a bound for each holder, and one for all anonymous clients', () => {
    const share = new FairShare(OPTIONS);
    const taken = [1, 2, 3, 4].map(() => share.take(owner('a')));
    expect(taken.map((lease) => lease !== undefined)).toEqual([true, true, true, false]);
    expect(share.take(owner('b'))).toBeDefined();
    for (const lease of taken) lease?.release();
    expect(share.take(anonymous('x'))).toBeDefined();
    expect(share.take(anonymous('y'))).toBeDefined();
    expect(share.take(anonymous('z'))).toBeUndefined();
    expect(share.take(owner('a'))).toBeDefined();
  });

  test('given back twice is given back once', () => {
    const share = new FairShare({ ...OPTIONS, size: 1, each: { owner: 1, anonymous: 1 } });
    const lease = share.take(owner('a'));
    lease?.release();
    lease?.release();
    expect(share.state.inUse).toBe(0);
    expect(share.take(owner('a'))).toBeDefined();
    expect(share.take(owner('b'))).toBeUndefined();
  });

  test('grows as far as there is room and the holder may', () => {
    const share = new FairShare(OPTIONS);
    const lease = share.take(owner('a'), 1);
    expect(lease?.grow(2)).toBe(true);
    expect(lease?.grow(1)).toBe(false);
    expect(lease?.units).toBe(3);
    const other = share.take(owner('b'), 1);
    expect(other?.grow(1)).toBe(false);
    lease?.release();
    expect(other?.grow(1)).toBe(true);
    expect(lease?.grow(1)).toBe(false);
    expect(share.state.inUse).toBe(2);
  });
});

describe('the queue', () => {
  test('a flood of one holder delays another by no more than what runs', async () => {
    const share = new FairShare({ ...OPTIONS, size: 1, each: { owner: 1, anonymous: 1 } });
    const order: string[] = [];
    const ask = async (name: string): Promise<void> => {
      const lease = await share.acquire(owner(name));
      order.push(name);
      await settled();
      lease.release();
    };
    const flood = Array.from({ length: 50 }, () => ask('flood'));
    const others = [ask('other'), ask('other')];
    await Promise.all([...flood, ...others]);
    // One runs, one waited at the same virtual time; then they take turns.
    expect(order.indexOf('other')).toBeLessThanOrEqual(2);
    expect(order.lastIndexOf('other')).toBeLessThanOrEqual(4);
  });

  test('takes turns by cost', async () => {
    const share = new FairShare({ ...OPTIONS, size: 1, each: { owner: 1, anonymous: 1 } });
    const held = share.take(owner('first'));
    const order: string[] = [];
    const ask = async (name: string, cost: number): Promise<void> => {
      const lease = await share.acquire(owner(name), { cost });
      order.push(name);
      lease.release();
    };
    const all = [
      ...Array.from({ length: 3 }, () => ask('dear', 10)),
      ...Array.from({ length: 12 }, () => ask('cheap', 1)),
    ];
    held?.release();
    await Promise.all(all);
    expect(order.filter((name) => name === 'dear')).toHaveLength(3);
    // Ten cheap ones go for one that is dear.
    expect(order.indexOf('dear', order.indexOf('dear') + 1)).toBeGreaterThanOrEqual(10);
  });

  test('one that has to wait for long, or would be one of too many, is refused, and that is counted', async () => {
    const share = new FairShare({ ...OPTIONS, size: 1, maxWaitMs: 5, maxWaiting: 4 });
    const held = share.take(owner('a'));
    const waiting = share.acquire(owner('b'));
    await expect(share.acquire(owner('b'))).rejects.toMatchObject({ code: 'unavailable', retryAfter: 2 });
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable', message: 'Too much at once.' });
    expect(share.state).toEqual({ inUse: 1, waiting: 0, refused: 2 });
    held?.release();
  });

  test('one that nobody waits for any more leaves it', async () => {
    const share = new FairShare({ ...OPTIONS, size: 1 });
    const held = share.take(owner('a'));
    const leaving = new AbortController();
    const left = share.acquire(owner('b'), { signal: leaving.signal });
    const stays = share.acquire(owner('c'));
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    held?.release();
    (await stays).release();
    expect(share.state).toEqual({ inUse: 0, waiting: 0, refused: 0 });
  });

  test('a holder at its bound holds nobody else up, and a large request is not overtaken for good', async () => {
    const share = new FairShare(OPTIONS);
    const held = [share.take(owner('a'), 3), share.take(owner('b'))];
    const more = share.acquire(owner('a'));
    const large = share.acquire(owner('c'), { units: 3 });
    held[1]?.release();
    // There is room for one: `a` has its share, and `c` comes first.
    expect(share.take(owner('d'))).toBeUndefined();
    held[0]?.release();
    (await large).release();
    (await more).release();
    expect(share.state.inUse).toBe(0);
  });
});

describe('in the way', () => {
  const wait = (share: FairShare, holder: Holder): void => void share.acquire(holder).catch(() => {});
  const four = { ...OPTIONS, each: { owner: 4, anonymous: 2 } };

  test('are those who have the most, while one waits who has less than an equal part', () => {
    const share = new FairShare(four);
    share.take(owner('a'), 3);
    share.take(owner('b'));
    expect(share.largestHolders).toEqual([]);
    wait(share, owner('c'));
    expect(share.largestHolders).toEqual([owner('a')]);
  });

  test('are all of those who have as much', () => {
    const share = new FairShare(four);
    share.take(owner('a'), 2);
    share.take(owner('b'), 2);
    wait(share, owner('c'));
    expect(share.largestHolders).toEqual([owner('a'), owner('b')]);
  });

  test('is nobody where one would only take the other one’s place', () => {
    const share = new FairShare(four);
    for (const name of ['a', 'b', 'c', 'd']) share.take(owner(name));
    wait(share, owner('e'));
    expect(share.largestHolders).toEqual([]);
  });

  test('is nobody where the one who waits has an equal part, or is at a bound of its own', () => {
    const share = new FairShare(four);
    share.take(owner('a'), 2);
    share.take(owner('b'), 2);
    wait(share, owner('a'));
    expect(share.largestHolders).toEqual([]);
    const bound = new FairShare({ ...four, each: { owner: 2, anonymous: 1 }, size: 8 });
    bound.take(owner('a'), 2);
    wait(bound, owner('a'));
    expect(bound.largestHolders).toEqual([]);
  });

  test('are anonymous ones for an anonymous client, when these have all that they may', () => {
    const share = new FairShare({ ...four, size: 8 });
    share.take(owner('a'), 4);
    share.take(anonymous('x'), 2);
    wait(share, anonymous('y'));
    expect(share.largestHolders).toEqual([anonymous('x')]);
  });
});

test('whatever is asked for and given back, bounds hold, everybody is served, and nothing is left', async () => {
  const holders = [owner('a'), owner('b'), anonymous('a'), anonymous('b')];
  await assert(
    asyncProperty(
      array(record({ who: nat(3), units: integer({ min: 1, max: 5 }), cost: nat(9) }), {
        maxLength: 40,
      }),
      async (requests) => {
        const share = new FairShare(OPTIONS);
        const had = new Map<Holder, number>(holders.map((holder) => [holder, 0]));
        const add = (lease: Lease, sign: 1 | -1): void => {
          had.set(lease.holder, (had.get(lease.holder) ?? 0) + sign * lease.units);
          const sum = (kind?: string) =>
            [...had].reduce((all, [holder, units]) => all + (holder.kind === kind || !kind ? units : 0), 0);
          expect(sum()).toBeLessThanOrEqual(OPTIONS.size);
          expect(sum('anonymous')).toBeLessThanOrEqual(OPTIONS.anonymous);
          for (const [{ kind }, units] of had) expect(units).toBeLessThanOrEqual(OPTIONS.each[kind]);
          expect(share.state.inUse).toBeLessThanOrEqual(OPTIONS.size);
        };
        await Promise.all(
          requests.map(async ({ who, units, cost }) => {
            const holder = holders[who] ?? owner('a');
            const lease = await share.acquire(holder, { units, cost });
            add(lease, 1);
            await settled();
            add(lease, -1);
            lease.release();
          }),
        );
        expect(share.state).toEqual({ inUse: 0, waiting: 0, refused: 0 });
      },
    ),
    { numRuns: 200 },
  );
});
