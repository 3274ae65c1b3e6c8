import { type IntervalName, INTERVALS } from '../registry/intervals.ts';
import { type BucketRun, type TimeRange, bucketRuns } from './buckets.ts';

/** Which buckets of two ranges correspond: the first to the first, and so on. All numbers are Unix seconds or seconds. */
export interface MatchedBuckets {
  /** For the last of `starts` up to where a bucket of the other range begins, the range's own begins shifts[i] later. */
  readonly starts: readonly number[];
  readonly shifts: readonly number[];
  /** The start of the first bucket that the other range has none for; undefined: it has one for each. */
  readonly surplusFrom: number | undefined;
}

/** The shift of buckets that the range itself has none for: it leads before all times. */
const NOWHERE = -(2 ** 40);

/** The buckets of `range` and those of `other` that correspond to them. The work grows with clock changes, or with days. */
export function matchBuckets(
  interval: IntervalName,
  range: TimeRange,
  other: TimeRange,
  zone: string,
): MatchedBuckets {
  const [own, others] = [
    bucketRuns(INTERVALS[interval], range, zone),
    bucketRuns(INTERVALS[interval], other, zone),
  ];
  const starts: number[] = [];
  const shifts: number[] = [];
  const add = (start: number, shift: number): void => {
    if (shift === shifts.at(-1)) return;
    starts.push(start / 1000);
    shifts.push(shift / 1000);
  };
  let [mine, theirs] = [take(own), take(others)];
  while (mine !== undefined && theirs !== undefined) {
    add(theirs.start, mine.start - theirs.start);
    const count = Math.min(mine.count, theirs.count);
    mine = after(mine, count) ?? take(own);
    theirs = after(theirs, count) ?? take(others);
  }
  if (theirs !== undefined) add(theirs.start, NOWHERE * 1000);
  return { starts, shifts, surplusFrom: mine === undefined ? undefined : mine.start / 1000 };
}

function take(runs: Generator<BucketRun>): BucketRun | undefined {
  const next = runs.next();
  return next.done === true ? undefined : next.value;
}

/** What is left of a run behind so many of its buckets. */
function after({ start, step, count }: BucketRun, taken: number): BucketRun | undefined {
  return taken < count ? { start: start + taken * step, step, count: count - taken } : undefined;
}
