import { expect, test } from '@jest/globals';
import { memoised } from '../../src/lib/text-memo.ts';

test('a memoised function gives what the function gives, however many texts there are', () => {
  const twice = (text: string): string => text + text;
  const memo = memoised(twice);
  const many = Array.from({ length: 20_000 }, (_, number) => String(number));
  const long = Array.from({ length: 3_000 }, (_, number) => String(number).repeat(100));
  const wrong = [...many, ...many.toReversed(), ...long, ...long].filter(
    (text) => memo(text) !== twice(text),
  );
  expect(wrong).toEqual([]);
});

test('a text that comes again is not worked on again, unless it is long', () => {
  const short = ['', 'a', 'é', 'x'.repeat(512)];
  const long = 'x'.repeat(513);
  const worked: string[] = [];
  const memo = memoised((text) => worked.push(text));
  for (const text of [...short, ...short, long, long, ...short]) memo(text);
  expect(worked).toEqual([...short, long, long]);
});
