import { describe, expect, test } from '@jest/globals';
import { type WindowState, shapeDecision } from '../../src/rate-limit/decision.ts';

const window = (limit: number, remaining: number, endsInMs: number): WindowState => ({
  limit,
  remaining,
  endsInMs,
});

describe('shapeDecision', () => {
  test.each<[string, WindowState, WindowState, readonly [number, number, number]]>([
    ['the one that ends first', window(20, 7, 30_000), window(1000, 900, 80_000_000), [20, 7, 30]],
    [
      'the day when it ends before the minute',
      window(20, 7, 60_000),
      window(1000, 900, 9_000),
      [1000, 900, 9],
    ],
    ['the one with nothing left', window(20, 7, 30_000), window(1000, 0, 80_000_000), [1000, 0, 80_000]],
    ['the minute when only it has nothing left', window(20, 0, 60_000), window(1000, 9, 5_000), [20, 0, 60]],
    [
      'of two with nothing left the last to end',
      window(20, 0, 9_000),
      window(1000, 0, 70_000),
      [1000, 0, 70],
    ],
  ])('tells of %s', (_, minute, day, told) => {
    for (const windows of [
      [minute, day],
      [day, minute],
    ]) {
      const { limit, remaining, resetSeconds } = shapeDecision(true, windows);
      expect([limit, remaining, resetSeconds]).toEqual(told);
    }
  });

  test.each([
    [0, 1],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [59_999, 60],
  ])('%i ms are told as %i s: never too early, never 0', (endsInMs, seconds) => {
    expect(shapeDecision(false, [window(1, 0, endsInMs)]).resetSeconds).toBe(seconds);
  });
});
