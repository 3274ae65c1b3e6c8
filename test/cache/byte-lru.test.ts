import { setTimeout as delay } from 'node:timers/promises';
import * as fc from '../support/fast-check.ts';
import { expect, test } from '@jest/globals';
import { ByteLru } from '../../src/cache/byte-lru.ts';

test('stores what fits, and evicts what was least recently used', () => {
  const lru = new ByteLru<string>(30);
  for (const key of ['a', 'b', 'c']) lru.set(key, key.toUpperCase(), 10);
  expect(lru.get('a')).toBe('A');
  lru.set('d', 'D', 10);
  expect(['a', 'b', 'c', 'd'].map((key) => lru.get(key))).toEqual(['A', undefined, 'C', 'D']);
  expect(lru.bytes).toBe(30);
});

test('a value that is replaced counts with its new size, and one that is too large is not stored', () => {
  const lru = new ByteLru<string>(30);
  lru.set('a', 'old', 10);
  lru.set('a', 'new', 20);
  expect([lru.get('a'), lru.bytes]).toEqual(['new', 20]);
  lru.set('a', 'too large', 31);
  expect([lru.get('a'), lru.bytes]).toEqual([undefined, 0]);
});

test('without any bytes it stores nothing', () => {
  const lru = new ByteLru<string>(0);
  lru.set('a', 'A', 1);
  expect([lru.get('a'), lru.bytes]).toEqual([undefined, 0]);
});

test('a value with a TTL is returned until then, one without stays', async () => {
  const lru = new ByteLru<string>(30);
  lru.set('short', 'S', 10, 1);
  lru.set('long', 'L', 10);
  while (lru.get('short') !== undefined) await delay(1);
  expect([lru.get('long'), lru.bytes]).toEqual(['L', 10]);
});

test('whatever is set and asked for, it is a list in the order of use cut at its bytes', () => {
  const step = fc.record({
    key: fc.integer({ min: 0, max: 9 }),
    bytes: fc.option(fc.integer({ min: 1, max: 40 })),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const lru = new ByteLru<{ readonly bytes: number }>(100);
      let model: { readonly key: number; readonly bytes: number }[] = [];
      for (const { key, bytes } of steps) {
        const before = model.find((one) => one.key === key);
        const now = bytes === null ? before : { key, bytes };
        if (bytes === null) expect(lru.get(key)?.bytes).toBe(before?.bytes);
        else lru.set(key, { bytes }, bytes);
        model = [...(now === undefined ? [] : [now]), ...model.filter((one) => one.key !== key)];
        let sum = 0;
        model = model.filter((one) => (sum += one.bytes) <= 100);
        const cut = model.reduce((all, one) => all + one.bytes, 0);
        expect(lru.bytes).toBe(cut);
      }
    }),
  );
});
