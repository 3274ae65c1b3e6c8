import { expect, test } from '@jest/globals';
import { ByteLru } from '../../src/cache/byte-lru.ts';

test('holds what fits, and lets the ones go first that nobody asked for', () => {
  const lru = new ByteLru<string>(30);
  for (const name of ['a', 'b', 'c']) lru.set(name, name.toUpperCase(), 10);
  expect(lru.get('a')).toBe('A');
  lru.set('d', 'D', 10);
  expect(['a', 'b', 'c', 'd'].map((name) => lru.get(name))).toEqual(['A', undefined, 'C', 'D']);
  expect(lru.bytes).toBe(30);
});

test('a value set again takes the room of its new size, one that is too large none', () => {
  const lru = new ByteLru<string>(30);
  lru.set('a', 'old', 10);
  lru.set('a', 'new', 20);
  expect([lru.get('a'), lru.bytes]).toEqual(['new', 20]);
  lru.set('a', 'too large', 31);
  expect([lru.get('a'), lru.bytes]).toEqual([undefined, 0]);
});

test('also when all were asked for, it stays within its bytes', () => {
  const lru = new ByteLru<number>(1_000);
  for (let number = 0; number < 500; number++) {
    lru.set(String(number), number, 1 + (number % 300));
    for (let asked = 0; asked <= number; asked++) lru.get(String(asked));
    expect(lru.bytes).toBeLessThanOrEqual(1_000);
  }
  expect(lru.get('499')).toBe(499);
});

test('a holder that fills it keeps to half, and the others keep theirs', () => {
  const lru = new ByteLru<number>(100);
  lru.set('other', 1, 10, 'other');
  for (let number = 0; number < 50; number++) {
    lru.set(`flood ${number}`, number, 10, 'flood');
    // Also where each is asked for again.
    lru.get(`flood ${number}`);
  }
  expect(lru.get('other')).toBe(1);
  expect(lru.bytes).toBe(60);
  expect([44, 45, 49].map((number) => lru.get(`flood ${number}`))).toEqual([undefined, 45, 49]);
  lru.set('too large for one', 0, 51, 'flood');
  expect(lru.get('too large for one')).toBeUndefined();
  lru.clear();
  lru.set('flood', 1, 50, 'flood');
  expect(lru.bytes).toBe(50);
});
