import { modulo } from '../../src/lib/calendar.ts';
import type { BucketPlan } from '../../src/stats/time/bucket-plan.ts';

/** What a plan means: the start (Unix seconds) of the bucket that holds an instant (Unix seconds). */
export function bucketStart(plan: BucketPlan, seconds: number): number {
  if (plan.kind === 'interval') throw new Error('Only ClickHouse knows.');
  const bounds = plan.kind === 'segments' ? plan.starts : plan.edges;
  const index = Math.max(0, lastUpTo(bounds, seconds));
  if (plan.kind === 'edges') return plan.starts[index] ?? Number.NaN;
  return Math.max(
    bounds[index] ?? Number.NaN,
    seconds - modulo(seconds + (plan.shifts[index] ?? Number.NaN), plan.step),
  );
}

/** The index of the last of ascending numbers that is not above one, or -1: a plan of years has thousands. */
function lastUpTo(ascending: readonly number[], most: number): number {
  let below = -1;
  let above = ascending.length;
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    if ((ascending[middle] ?? Number.NaN) <= most) below = middle;
    else above = middle;
  }
  return below;
}
