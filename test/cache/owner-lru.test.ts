import { expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { OwnerLru } from '../../src/cache/owner-lru.ts';

test('an owner that fills it displaces its own values, least recently used first', () => {
  const lru = new OwnerLru<number>(100);
  lru.set('other', 1, 10, 'other');
  for (let number = 0; number < 5; number++) lru.set(number, number, 10, 'flood');
  expect(lru.get(0)).toBe(0);
  lru.set(5, 5, 10, 'flood');
  expect([0, 1, 2, 5].map((key) => lru.get(key))).toEqual([0, undefined, 2, 5]);
  expect([lru.get('other'), lru.bytes]).toEqual([1, 60]);
});

test('a value larger than half is not stored, and what it was to replace is gone', () => {
  const lru = new OwnerLru<string>(100);
  lru.set('a', 'old', 50, 'me');
  lru.set('a', 'new', 51, 'me');
  expect([lru.get('a'), lru.bytes]).toEqual([undefined, 0]);
});

test('whoever sets what, all stay within its bytes and each owner within half', () => {
  const step = fc.record({
    owner: fc.constantFrom('a', 'b', 'c'),
    key: fc.integer({ min: 0, max: 9 }),
    bytes: fc.integer({ min: 1, max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const lru = new OwnerLru<{ readonly owner: string; readonly bytes: number }>(100);
      for (const { owner, key, bytes } of steps) {
        lru.set(key, { owner, bytes }, bytes, owner);
        const stored = Array.from({ length: 10 }, (_, one) => lru.get(one)).filter(
          (one) => one !== undefined,
        );
        const sumOf = (values: typeof stored) => values.reduce((sum, one) => sum + one.bytes, 0);
        expect(lru.bytes).toBe(sumOf(stored));
        expect(lru.bytes).toBeLessThanOrEqual(100);
        for (const name of ['a', 'b', 'c']) {
          expect(sumOf(stored.filter((one) => one.owner === name))).toBeLessThanOrEqual(50);
        }
        if (bytes <= 50) expect(lru.get(key)).toEqual({ owner, bytes });
      }
    }),
  );
});
