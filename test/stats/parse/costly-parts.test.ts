import { expect, test } from '@jest/globals';
import { costlyPartsIn } from '../../../src/stats/parse/costly-parts.ts';

test.each([
  ['', 0],
  ['^Chrome( Mobile)?$', 0],
  ['a*b+c?', 0],
  ['a{3}', 2],
  ['a{3,}', 2],
  ['a{1,20}b{2}', 20],
  ['(ab){3}', 4],
  ['((a{10}){10}){10}', 999],
  ['(a|b{2}){3}', 9],
  ['[{3}]{2}', 1],
  ['[]{9}]{2}', 1],
  ['[[:alpha:]{9}]{2}', 1],
  ['\\{9}', 0],
  ['\\p{Greek}{4}', 4],
  ['\\pL[^\\PN_]\\\\p\\Q\\pL\\E', 2],
  ['(\\p{L}x){3}', 5],
  ['\\x{41}{4}', 3],
  ['\\Qa{9}\\E{4}', 3],
  ['x{,3}', 0],
  ['{3}', 0],
  ['(((', 0],
  [')){2}', 1],
  ['a{1000}'.repeat(100), 99_900],
])('%.40s: %d', (pattern, parts) => {
  expect(costlyPartsIn(pattern)).toBe(parts);
});

test('a pattern of any signs is looked through once', () => {
  for (const signs of ['[', '(', '\\', '{1', '\\Q', '[[:']) {
    expect(costlyPartsIn(signs.repeat(333))).toBeLessThan(1_000);
  }
});
