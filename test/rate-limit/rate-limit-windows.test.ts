import { expect, test } from '@jest/globals';
import type { RouteRateLimit } from '../../src/rate-limit/allowances.ts';
import { RateLimitWindows } from '../../src/rate-limit/rate-limit-windows.ts';

const LIMIT = { key: { minute: 10, day: 25 }, address: { minute: 3, day: 5 } };
const KEY = { kind: 'key', name: 'k' } as const;

const createLimits = () =>
  new RateLimitWindows(
    new Map<string, RouteRateLimit>([
      ['GET /one', LIMIT],
      ['POST /one', { ...LIMIT, sharedWith: 'GET /one' }],
      ['GET /other', LIMIT],
    ]),
    undefined,
  );

test('what counts as several fits as a whole or counts not at all', async () => {
  const limits = createLimits();
  const consume = async (points: number) => {
    const decision = await limits.consume('GET /one', KEY, { points });
    return [decision?.isAllowed, decision?.limit, decision?.remaining];
  };
  expect(await consume(7)).toEqual([true, 10, 3]);
  expect(await consume(4)).toEqual([false, 10, 3]);
  expect(await consume(3)).toEqual([true, 10, 0]);
  expect(await consume(1)).toEqual([false, 10, 0]);
});

test('what fits the minute but not the day counts in neither', async () => {
  const limits = new RateLimitWindows(
    new Map([['GET /one', { ...LIMIT, key: { minute: 10, day: 8 } }]]),
    undefined,
  );
  const consume = (points: number) => limits.consume('GET /one', KEY, { points });
  expect(await consume(9)).toMatchObject({ isAllowed: false, limit: 8, remaining: 8 });
  expect(await consume(8)).toMatchObject({ isAllowed: true, remaining: 0 });
});

test('routes that share a limit count together, others do not', async () => {
  const limits = createLimits();
  await limits.consume('GET /one', KEY);
  expect(await limits.consume('POST /one', KEY)).toMatchObject({ remaining: 8 });
  await limits.giveBack('POST /one', KEY);
  expect(await limits.consume('GET /one', KEY)).toMatchObject({ remaining: 8 });
  expect(await limits.consume('GET /other', KEY)).toMatchObject({ remaining: 9 });
});
