import { expect, test } from '@jest/globals';
import { parseProperties } from '../../src/clicks/click-properties.ts';

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, 'x']));

test.each<
  [sent: Readonly<Record<string, unknown>>, kept: Readonly<Record<string, string>>, fault: string | undefined]
>([
  [{}, {}, undefined],
  [{ plan: 'pro', code: '007' }, { plan: 'pro', code: '007' }, undefined],
  [
    { a: 7, b: 1.5, c: -0, d: true, e: false },
    { a: '7', b: '1.5', c: '0', d: 'true', e: 'false' },
    undefined,
  ],
  [{ a: null, b: '', c: ' \t' }, {}, undefined],
  [{ browser: 'x', clicked_at: 'y' }, { browser: 'x', clicked_at: 'y' }, undefined],
  [{ a: ' x ' }, { a: ' x ' }, undefined],
  [{ 'a\0': 'b\uD800' }, { 'a\uFFFD': 'b\uFFFD' }, undefined],
  [{ 'a\0': 'b', 'a\uFFFD': 'c', d: 'e' }, { 'a\uFFFD': 'b', d: 'e' }, undefined],
  [
    { a: { b: 1 }, c: 'd' },
    { c: 'd' },
    'has a value that is no text, nor a boolean or a number that a double holds exactly: left out',
  ],
  [
    { a: 2 ** 53 },
    {},
    'has a value that is no text, nor a boolean or a number that a double holds exactly: left out',
  ],
  [{ '': 'x', ' ': 'y', c: 'd' }, { c: 'd' }, 'has a blank name: left out'],
  [
    { ['x'.repeat(128)]: 'a', ['y'.repeat(129)]: 'b' },
    { ['x'.repeat(128)]: 'a' },
    'has a name of more than 128 characters: left out',
  ],
  [{ a: '😀'.repeat(512), b: 'c' }, { a: '😀'.repeat(512), b: 'c' }, undefined],
  [{ a: 'x'.repeat(513) }, { a: 'x'.repeat(512) }, 'has a value that is cut at 512 characters'],
  [many(20), many(20), undefined],
  [{ none: null, ...many(20) }, many(20), undefined],
  [many(21), many(20), 'has more than 20 pairs: the others are left out'],
])('of %j are kept %j', (sent, kept, fault) => {
  const parsed = parseProperties(sent);
  expect(parsed.properties).toEqual(Object.entries(kept).flat());
  expect(parsed.fault).toBe(fault);
});

test('a name such as __proto__ is one like any other', () => {
  const { properties } = parseProperties(JSON.parse('{"__proto__":"a","constructor":"b"}'));
  expect(properties).toEqual(['__proto__', 'a', 'constructor', 'b']);
});
