import type { Explanation } from './explanation.ts';
import type { Plan, PreviousPlan } from '../plan.ts';
import { shownBefore } from '../plan-stats.ts';
import type { StatsQuery } from '../query.ts';
import { columnsOf } from '../sql/compile.ts';
import { periodOf } from '../sql/both-periods.ts';
import { type PreviousHead, previousHead } from './result-head.ts';
import {
  type ShapedList,
  type StatsResult,
  type StatsRow,
  type StatsRows,
  shapeStats,
} from './stats-result.ts';

/** The period before the one that was asked about: its totals, and its time lists where time was asked for. */
export type PreviousPeriod<List = StatsResult['metrics'][string]> = PreviousHead &
  Partial<Pick<StatsResult<List>, 'metrics'>>;

/** A stats result with what it was to be compared with; null where no time lies before the range that clicks can be of. */
export type ComparedResult<List = StatsResult['metrics'][string]> = StatsResult<List> & {
  readonly previous?: PreviousPeriod<List> | null;
  /** Where it was asked for. */
  readonly explain?: Explanation;
};

/**
 * Shapes the rows of a compiled plan into its result.
 * @param now Unix milliseconds
 */
export function shapeCompared(
  plan: Plan,
  rows: readonly StatsRow[],
  now: number,
): ComparedResult<ShapedList> {
  return shapePeriods(plan.query, { columns: columnsOf(plan), rows }, now);
}

/** The same of a query's rows, wherever they were counted. */
export function shapePeriods(
  query: StatsQuery,
  { columns, rows }: StatsRows,
  now: number,
): ComparedResult<ShapedList> {
  const previous = shownBefore(query);
  if (previous === undefined) {
    const result = shapeStats(query, { columns, rows }, now);
    return query.previous === null ? { ...result, previous: null } : result;
  }
  return {
    ...shapeStats(query, rowsOfPeriod(columns, rows, false), now),
    previous: shapePrevious(previous, shapeStats(previous.query, rowsOfPeriod(columns, rows, true), now)),
  };
}

function shapePrevious(
  { lists }: Pick<PreviousPlan, 'lists'>,
  result: StatsResult<ShapedList>,
): PreviousPeriod<ShapedList> {
  return { ...previousHead(result), ...(lists.length === 0 ? {} : { metrics: result.metrics }) };
}

/** The rows of one of two periods, their lists by the places they have in it. */
function rowsOfPeriod(columns: readonly string[], rows: readonly StatsRow[], isPrevious: boolean): StatsRows {
  const place = columns.indexOf('list');
  const own = rows.flatMap((row) => {
    const period = periodOf(Number(row[place]));
    return period.isPrevious === isPrevious ? [row.with(place, period.list)] : [];
  });
  return { columns, rows: own };
}
