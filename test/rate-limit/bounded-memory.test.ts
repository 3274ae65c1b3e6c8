import { describe, expect, test } from '@jest/globals';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { BoundedMemory } from '../../src/rate-limit/bounded-memory.ts';

const open = (points: number, subjects = 100) =>
  new BoundedMemory({ keyPrefix: 'test', points, duration: 60 }, subjects);

describe('BoundedMemory', () => {
  test('takes so many, then rejects with how long to wait', async () => {
    const memory = open(2);
    expect((await memory.consume('a')).remainingPoints).toBe(1);
    expect((await memory.consume('a')).remainingPoints).toBe(0);
    const refusal: unknown = await memory.consume('a').catch((result: unknown) => result);
    expect(refusal).toBeInstanceOf(RateLimiterRes);
    expect(refusal).toMatchObject({ remainingPoints: 0 });
    expect((await memory.consume('b')).remainingPoints).toBe(1);
  });

  test('gives back, and reads without counting', async () => {
    const memory = open(3);
    await memory.consume('a');
    await memory.consume('a');
    expect((await memory.reward('a')).remainingPoints).toBe(2);
    expect((await memory.penalty('a', 0)).remainingPoints).toBe(2);
    expect((await memory.consume('a')).remainingPoints).toBe(1);
  });

  test('a window ends, and the next one begins with the next request', async () => {
    const memory = new BoundedMemory({ keyPrefix: 'test', points: 1, duration: 0.001 }, 10);
    const { msBeforeNext } = await memory.consume('a');
    expect(msBeforeNext).toBe(1);
    const until = performance.now() + msBeforeNext;
    while (performance.now() < until);
    expect((await memory.consume('a')).remainingPoints).toBe(0);
  });

  test('a flood of others makes it forget whoever was quiet, so it does not fill', async () => {
    const memory = open(5, 100);
    await memory.consume('quiet');
    for (let other = 0; other < 200; other += 1) await memory.consume(`other ${other}`);
    expect((await memory.consume('quiet')).consumedPoints).toBe(1);
  });

  test('whoever keeps coming is remembered through it', async () => {
    const memory = open(1_000, 100);
    for (let request = 1; request <= 500; request += 1) {
      expect((await memory.consume('regular')).consumedPoints).toBe(request);
      for (let other = 0; other < 10; other += 1) await memory.consume(`${request} ${other}`);
    }
  });
});
