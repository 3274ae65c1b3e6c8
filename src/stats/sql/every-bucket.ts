import { type Sql, param, sql } from '../../sql/sql.ts';
import { INTERVALS } from '../registry/intervals.ts';
import type { StatsQuery } from '../query.ts';
import { type BucketRun, bucketRuns } from '../time/buckets.ts';

/** The starts of all buckets of a query's range, as `buckets` makes them: an array of Unix seconds (Int64). */
export function everyBucket({ interval, range, timezone }: StatsQuery): Sql {
  const runs = longRuns(bucketRuns(INTERVALS[interval], range, timezone));
  const numbers = (of: (run: BucketRun) => number) => param('Array(Int64)', runs.map(of));
  const starts = numbers(({ start }) => start / 1000);
  const steps = numbers(({ step }) => step / 1000);
  const counts = numbers(({ count }) => count);
  return sql`arrayFlatten(arrayMap((start, step, count) -> arrayMap(place -> start + place * step, range(count)), ${starts}, ${steps}, ${counts}))`;
}

/** The same buckets in as few runs as there can be: days have one between two clock changes. */
function longRuns(runs: Iterable<BucketRun>): readonly BucketRun[] {
  const long: BucketRun[] = [];
  for (const run of runs) {
    const last = long.at(-1);
    const gap = last === undefined ? 0 : run.start - (last.start + (last.count - 1) * last.step);
    const goesOn = last !== undefined && run.count === 1 && (last.count === 1 || gap === last.step);
    if (goesOn) long[long.length - 1] = { start: last.start, step: gap, count: last.count + 1 };
    else long.push(run);
  }
  return long;
}
