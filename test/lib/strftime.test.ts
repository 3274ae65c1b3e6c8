import { expect, test } from '@jest/globals';
import { strftime } from '../../src/lib/strftime.ts';

test.each([
  ['%Y-%m-%d', '2026-01-04'],
  ['%d.%m.%Y', '04.01.2026'],
  ['%H:%M', '09:05'],
  // The Sunday belongs to the first week, which began in the year before.
  ['%G-W%V', '2026-W01'],
  ['%Y-Q%Q', '2026-Q1'],
  ['at noon', 'at noon'],
])('%s: %s', (pattern, text) => {
  expect(strftime(pattern)(Date.parse('2026-01-04T09:05:59.999Z'))).toBe(text);
});

test('a directive that it does not know is an error before anything is written', () => {
  expect(() => strftime('%Y %p')).toThrow('%p');
});
