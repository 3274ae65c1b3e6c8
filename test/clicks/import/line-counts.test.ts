import { expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { LineCounts } from '../../../src/clicks/import/line-counts.ts';
import { countsByDefinition } from '../../support/line-counts.ts';

const MINUTE = 60_000;

/** Times that lie together, apart, and at the very edge of a minute; in any order. */
const times = fc.oneof(
  fc.array(fc.constantFrom(0, 1, MINUTE - 1, MINUTE, MINUTE + 1, 2 * MINUTE, 2 * MINUTE + 1), {
    maxLength: 30,
  }),
  fc.array(fc.nat({ max: 200_000 }), { maxLength: 60 }),
  fc.array(fc.nat({ max: 2_000_000 }), { maxLength: 200 }).chain((all) =>
    fc.constantFrom(
      all.toSorted((a, b) => a - b),
      all.toSorted((a, b) => b - a),
    ),
  ),
);

test('equal lines count up as long as every line between them is of the same minute', () => {
  fc.assert(
    fc.property(times, fc.nat({ max: 3 }), (all, repeated) => {
      const stream = Array.from({ length: repeated + 1 }, () => all).flat();
      const counts = new LineCounts();
      expect(stream.map((time) => counts.add(time, 0, time))).toEqual(
        countsByDefinition(stream.map((time) => ({ key: String(time), time }))),
      );
    }),
    { numRuns: 1_000 },
  );
});

test('a line that is no click counts as one between them', () => {
  const counts = new LineCounts();
  expect(counts.add(1, 0, 0)).toBe(1);
  counts.pass(MINUTE);
  expect(counts.add(1, 0, 0)).toBe(2);
  counts.pass(MINUTE + 1);
  expect(counts.add(1, 0, 0)).toBe(1);
});

test('a line without a time is of no minute', () => {
  const counts = new LineCounts();
  expect(counts.add(1, 0, 0)).toBe(1);
  counts.pass(Number.NaN);
  expect(counts.add(1, 0, 0)).toBe(1);
  expect(counts.add(1, 0, 0)).toBe(2);
});

test('a log twice in one stream counts once, unless all of it is of one minute', () => {
  const twice = (all: readonly number[]): number => {
    const counts = new LineCounts();
    return [...all, ...all].filter(
      (time, place) => counts.add(time, 0, time) === (place < all.length ? 1 : 2),
    ).length;
  };
  expect(twice([0, 1, MINUTE])).toBe(6);
  expect(twice([0, MINUTE, 2 * MINUTE + 1, 3 * MINUTE + 1])).toBe(4);
});

test('many lines of one time are told apart by both halves of their keys, and forgotten together', () => {
  const counts = new LineCounts();
  const keys = Array.from({ length: 40 }, (_, low) =>
    Array.from({ length: 40 }, (_, high) => [low, high] as const),
  );
  const counted = (time: number): ReadonlySet<number> =>
    new Set(keys.flat().map(([low, high]) => counts.add(low, high, time)));
  expect(counted(0)).toEqual(new Set([1]));
  expect(counted(0)).toEqual(new Set([2]));
  expect(counted(MINUTE + 1)).toEqual(new Set([1]));
  expect(counted(0)).toEqual(new Set([1]));
});
