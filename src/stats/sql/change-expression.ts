import { type Sql, identifier, sql } from '../../sql/sql.ts';
import { type MetricName, metricOf, previousOf } from '../registry/metrics.ts';

/** By how many percent a metric of a row has changed, as `changeOf` of `result/change.ts` has it; NULL from 0, and of an instant. */
export function changeOf(name: MetricName): Sql {
  const { kind } = metricOf(name);
  // A column of NULL alone has a type that files have not.
  if (kind === 'instant') return sql`CAST(NULL, 'Nullable(Float64)')`;
  const hundredths = (column: Sql): Sql => (kind === 'count' ? column : sql`floor(${column} * 100 + 0.5)`);
  const [now, before] = [hundredths(identifier(name)), hundredths(identifier(previousOf(name)))];
  return sql`floor((${now} - ${before}) * 10000 / nullIf(${before}, 0) + 0.5) / 100`;
}
