import { expect, test } from '@jest/globals';
import { ImportIds } from '../../../src/clicks/import/import-ids.ts';

const NOW = 1_769_853_600_000;

test('ids grow, also within a second, behind those that are there, and when clocks go back', async () => {
  const first = new ImportIds(async () => 0n, true);
  const times = [NOW, NOW, NOW + 1, NOW + 60_000, NOW - 5_000];
  const ids = await Promise.all(times.map((time) => first.next(time)));
  expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)));
  expect(new Set(ids).size).toBe(ids.length);
  const newest = ids.at(-1) ?? 0n;
  expect(await new ImportIds(async () => newest, true).next(NOW)).toBeGreaterThan(newest);
});

test('two processes never make the same', async () => {
  const make = async () => new ImportIds(async () => 0n, false).next(NOW);
  expect(await make()).not.toBe(await make());
});

test('an id that could not be made is asked for anew', async () => {
  let tries = 0;
  const ids = new ImportIds(async () => {
    if (++tries === 1) throw new Error('unreachable');
    return 0n;
  }, true);
  await expect(ids.next(NOW)).rejects.toThrow('unreachable');
  expect(await ids.next(NOW)).toBe(BigInt(NOW / 1_000) << 24n);
});
