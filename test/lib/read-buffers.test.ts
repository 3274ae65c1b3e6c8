import { expect, test } from '@jest/globals';
import { giveBack, isLent, lendPieces, shortened, takeReadBuffer } from '../../src/lib/read-buffers.ts';

test('a buffer is read into again once all its pieces have been given back, and not before', () => {
  const whole = takeReadBuffer();
  const [first, second] = lendPieces(whole, whole.length, [
    [0, 1_000],
    [1_010, whole.length],
  ]);
  if (first === undefined || second === undefined) throw new Error('There are no pieces.');
  giveBack(first);
  giveBack(first);
  expect(isLent(second)).toBe(true);
  expect(takeReadBuffer()).not.toBe(whole);
  giveBack(second);
  expect(takeReadBuffer()).toBe(whole);
  expect(takeReadBuffer()).not.toBe(whole);
});

test('a piece of a buffer that is nearly empty is a copy, and the buffer is free at once', () => {
  const whole = takeReadBuffer();
  whole.write('abc');
  const [piece] = lendPieces(whole, 3, [[1, 3]]);
  expect(takeReadBuffer()).toBe(whole);
  whole.write('xyz');
  expect(String(piece)).toBe('bc');
});

test('a piece that is shortened is given back in its new length alone', () => {
  const whole = takeReadBuffer();
  const [piece] = lendPieces(whole, whole.length, [[0, whole.length]]);
  if (piece === undefined) throw new Error('There is no piece.');
  expect(shortened(piece, whole.length)).toBe(piece);
  const beginning = shortened(piece, 1_000);
  expect(beginning).toHaveLength(1_000);
  giveBack(piece);
  expect(takeReadBuffer()).not.toBe(whole);
  giveBack(beginning);
  expect(takeReadBuffer()).toBe(whole);
  expect(shortened(Buffer.from('other'), 2).toString()).toBe('ot');
});

test('what is no piece is left alone', () => {
  const whole = takeReadBuffer();
  const [piece] = lendPieces(whole, whole.length, [[0, whole.length]]);
  giveBack(piece?.subarray(1) ?? '');
  giveBack(Buffer.from('other'));
  giveBack('text');
  expect(takeReadBuffer()).not.toBe(whole);
});
