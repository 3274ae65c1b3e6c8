import { assertNever } from '../../errors.ts';
import { type Sql, param, sql } from '../../sql/sql.ts';
import { type BucketPlan, planBuckets } from '../time/buckets.ts';
import type { StatsQuery } from '../parse/query.ts';

/** The first instant of a click's bucket in Unix seconds. */
export function timeBucket(query: StatsQuery): Sql {
  return bucketExpression(planBuckets(query.interval, query.range, query.timezone));
}

function bucketExpression(plan: BucketPlan): Sql {
  const seconds = sql`toUnixTimestamp(clicked_at)`;
  const unix = sql`toInt64(${seconds})`;
  switch (plan.kind) {
    case 'step':
      return sql`${seconds} - (${seconds} + ${param('Int64', plan.shift)}) % ${param('Int64', plan.step)}`;
    case 'segments': {
      const starts = param('Array(Int64)', plan.starts);
      const segment = sql`roundDown(${unix}, ${starts})`;
      const shift = sql`transform(${segment}, ${starts}, ${param('Array(Int64)', plan.shifts)}, toInt64(0))`;
      return sql`greatest(${segment}, ${unix} - (${unix} + ${shift}) % ${param('Int64', plan.step)})`;
    }
    case 'edges':
      return sql`roundDown(${unix}, ${param('Array(Int64)', plan.edges)})`;
    default:
      return assertNever(plan);
  }
}
