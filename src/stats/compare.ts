import { type Sql, join, sql, identifier } from '../sql/sql.ts';
import { type ShapedList, type StatsAnswer, type StatsRow, shapeAnswer } from './result/stats-result.ts';
import type { TimeRange } from './time/buckets.ts';
import { columnsOf, compile, orderOf, summary } from './sql/compile.ts';
import { compileSpread } from './sql/compile-sharded.ts';
import { type Tenant, clicksOf } from './sql/conditions.ts';
import type { StatsQuery } from './parse/query.ts';
import type { Spread } from './sql/sharding.ts';
import type { VisitorPlan } from './sql/visitor-plan.ts';

/** The period before the one that was asked about: its totals, and its time lists where time was asked for. */
export type PreviousPeriod<List = StatsAnswer['metrics'][string]> = Pick<
  StatsAnswer,
  'time_range' | 'summary' | 'computed_metrics'
> &
  Partial<Pick<StatsAnswer<List>, 'metrics'>>;

/** An answer with what it was to be compared with; null where no time lies before the range that clicks can be of. */
export type ComparedAnswer<List = StatsAnswer['metrics'][string]> = StatsAnswer<List> & {
  readonly previous?: PreviousPeriod<List> | null;
};

/** From the first instant that an answer is about to the last. */
export function comparedRange({ range, previous }: StatsQuery): TimeRange {
  return { start: previous?.start ?? range.start, end: range.end };
}

/**
 * A question as one SQL query, both periods in it where it compares two, so that they are of one view. Its rows are then
 * those of `compile` with a leading column `period`: 0 the one asked about, 1 the one before.
 * @param spread where the clicks are spread
 */
export function compileCompared(query: StatsQuery, tenant: Tenant, plan?: VisitorPlan, spread?: Spread): Sql {
  const before = queryBefore(query);
  if (spread !== undefined) return compileSpread({ query, before, tenant, plan }, spread);
  if (before === undefined) return compile(query, tenant, plan);
  const columns = join(columnsOf(query).map(identifier), ', ');
  const rowsBefore =
    before.groupBy.length === 0 ? summary(before, clicksOf(before, tenant)) : compile(before, tenant);
  return sql`SELECT period, ${columns}
FROM
(
SELECT toUInt8(0) AS period, ${columns}
FROM
(
${compile(query, tenant, plan)}
)
UNION ALL
SELECT toUInt8(1), ${join(columnsBefore(query, before), ', ')}
FROM
(
${rowsBefore}
)
)
ORDER BY period, ${orderOf(query)}`;
}

/**
 * Shapes the rows of `compileCompared` into the answer.
 * @param now Unix milliseconds
 */
export function shapeCompared(
  query: StatsQuery,
  rows: readonly StatsRow[],
  now: number,
): ComparedAnswer<ShapedList> {
  const before = queryBefore(query);
  if (before === undefined) {
    const answer = shapeAnswer(query, { columns: columnsOf(query), rows }, now);
    return query.previous === null ? { ...answer, previous: null } : answer;
  }
  const columns = ['period', ...columnsOf(query)];
  const ofPeriod = (period: number) => ({ columns, rows: rows.filter(([first]) => first === period) });
  return {
    ...shapeAnswer(query, ofPeriod(0), now),
    previous: shapePrevious(before, shapeAnswer(before, ofPeriod(1), now)),
  };
}

function shapePrevious({ groupBy }: StatsQuery, answer: StatsAnswer<ShapedList>): PreviousPeriod<ShapedList> {
  const { time_range, summary: totals, computed_metrics, metrics } = answer;
  return {
    time_range,
    summary: totals,
    ...(computed_metrics === undefined ? {} : { computed_metrics }),
    ...(groupBy.length === 0 ? {} : { metrics }),
  };
}

/** What is asked about the period before: time's lists, in the same buckets, and the totals; of no dimension else. */
function queryBefore(query: StatsQuery): StatsQuery | undefined {
  const { previous: range } = query;
  if (range === undefined || range === null) return undefined;
  const groupBy = query.groupBy.filter((name) => name === 'time');
  return { ...query, range, groupBy, breakdown: false, previous: undefined };
}

/** The columns of the period before in the places of the other's. Blanks have no names, which the union does not need. */
function columnsBefore(query: StatsQuery, before: StatsQuery): readonly Sql[] {
  const known = columnsOf(before);
  return columnsOf(query).map((name) => {
    if (known.includes(name)) return identifier(name);
    return sql`''`;
  });
}
