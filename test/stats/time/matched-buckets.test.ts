import { expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { namesOf } from '../../../src/lib/names.ts';
import { INTERVALS, intervalMinutes } from '../../../src/stats/registry/intervals.ts';
import { buckets } from '../../../src/stats/time/buckets.ts';
import { type MatchedBuckets, matchBuckets } from '../../../src/stats/time/matched-buckets.ts';
import { CHANGE_DAYS } from '../../support/local-clock.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/** Where the bucket that begins at `start` (Unix seconds) is moved to. */
function movedBy({ starts, shifts }: MatchedBuckets, start: number): number {
  return start + (shifts[starts.findLastIndex((from) => from <= start)] ?? Number.NaN);
}

const startsOf = (...asked: Parameters<typeof buckets>): readonly number[] =>
  Array.from(buckets(...asked), ({ start }) => start / 1000);

test('buckets correspond by their place, over clock changes in either range', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...namesOf(INTERVALS)),
      fc.constantFrom(...CHANGE_DAYS),
      fc.array(fc.tuple(fc.double({ min: -20, max: 20, noNaN: true }), fc.nat(60)), {
        minLength: 2,
        maxLength: 2,
      }),
      fc.integer({ min: 0, max: 400 }),
      (interval, [zone, date], drawn, daysBack) => {
        const width = intervalMinutes(interval) * MINUTE;
        const [range, other] = drawn.map(([from, count], index) => {
          const start = Math.max(
            Date.UTC(2000, 0, 2),
            Math.floor(Date.parse(date) + from * Math.min(width, DAY)) - index * daysBack * DAY,
          );
          return { start, end: start + count * width };
        });
        if (range === undefined || other === undefined) throw new Error('Two ranges are drawn.');
        const [own, others] = [startsOf(interval, range, zone), startsOf(interval, other, zone)];
        const matched = matchBuckets(interval, range, other, zone);
        const found = others.map((start) => movedBy(matched, start));
        expect(found.slice(0, own.length)).toEqual(own.slice(0, others.length));
        expect(found.slice(own.length).every((start) => start < 0)).toBe(true);
        expect(matched.surplusFrom).toBe(own[others.length]);
      },
    ),
    { numRuns: 250 },
  );
});

test('26 years of minutes are as few numbers as there are clock changes', () => {
  const years = (first: number) => ({ start: Date.UTC(first, 0, 1), end: Date.UTC(first + 26, 0, 1) });
  const { starts, shifts } = matchBuckets('minute', years(2001), years(2000), 'America/New_York');
  expect(starts.length).toBeLessThan(300);
  expect(shifts).toHaveLength(starts.length);
});
