import type { Plan } from '../plan.ts';
import { columnsOf } from '../sql/compile.ts';
import { periodOf } from '../sql/periods.ts';
import {
  type ShapedList,
  type StatsResult,
  type StatsRow,
  type StatsRows,
  shapeStats,
} from './stats-result.ts';

/** The period before the one that was asked about: its totals, and its time lists where time was asked for. */
export type PreviousPeriod<List = StatsResult['metrics'][string]> = Pick<
  StatsResult,
  'summary' | 'computed_metrics'
> & {
  readonly time_range: Pick<StatsResult['time_range'], 'start_date' | 'end_date'>;
} & Partial<Pick<StatsResult<List>, 'metrics'>>;

/** A stats result with what it was to be compared with; null where no time lies before the range that clicks can be of. */
export type ComparedResult<List = StatsResult['metrics'][string]> = StatsResult<List> & {
  readonly previous?: PreviousPeriod<List> | null;
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
  const { query, previous } = plan;
  const columns = columnsOf(plan);
  if (previous === undefined) {
    const result = shapeStats(query, { columns, rows }, now);
    return query.previous === null ? { ...result, previous: null } : result;
  }
  return {
    ...shapeStats(query, rowsOfPeriod(columns, rows, false), now),
    previous: shapePrevious(previous, shapeStats(previous.query, rowsOfPeriod(columns, rows, true), now)),
  };
}

function shapePrevious({ lists }: Plan, result: StatsResult<ShapedList>): PreviousPeriod<ShapedList> {
  const { summary, computed_metrics, metrics } = result;
  const { start_date, end_date } = result.time_range;
  return {
    time_range: { start_date, end_date },
    summary,
    ...(computed_metrics === undefined ? {} : { computed_metrics }),
    ...(lists.length === 0 ? {} : { metrics }),
  };
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
