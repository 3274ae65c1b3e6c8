import { EMPTY, type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import type { InstantForm } from '../../export/export-format.ts';
import type { StatsQuery } from '../query.ts';
import type { Plan } from '../plan.ts';
import { rowsWithTotals } from './export-rows.ts';
import { nativeColumns } from './native-columns.ts';
import { everyBucket } from './every-bucket.ts';
import { isTimeList } from '../metric-lists.ts';
import { isAfterOffset, isShown, placeInList, rankAndNames } from './order.ts';
import { PREVIOUS } from './both-periods.ts';

/**
 * An export as one table, for a format that ClickHouse writes itself: a row for each group of each list, in order, with
 * the list's dimensions in `list`, then a column for each dimension, NULL where the list does not have it, and those of
 * each metric. Time's own lists have a row for each bucket. That of the period before is `previous_time`.
 */
export function compileNativeExport(plan: Plan, instants: InstantForm): Sql {
  const { query, lists } = plan;
  const { totals, rows } = rowsWithTotals(plan);
  const withOthers = query.other === true;
  // Others are what is cut already, but for the first group of a list.
  const isUncut = query.limit === undefined && query.offset === undefined;
  const place = isUncut || withOthers ? EMPTY : sql`, ${placeInList(query)} AS place`;
  const cut = isUncut
    ? EMPTY
    : withOthers
      ? sql` AND (${isAfterOffset(plan)})`
      : sql`\nQUALIFY ${isShown(plan)}`;
  const shown = nativeColumns(plan, instants);
  const order = [
    sql`list`,
    ...(lists.some(({ dimensions }) => dimensions.includes('time')) ? [sql`time`] : []),
    ...(withOthers ? [sql`other`] : []),
    ...rankAndNames(query),
  ];
  // Two steps, because ClickHouse would take an alias `time` for the column in the expressions beside it.
  return sql`${totals}SELECT ${join(
    // The columns' names are what the file's readers see.
    shown.map(([name]) => sql`${identifier(`shown_${name}`)} AS ${param('Identifier', name)}`),
    ', ',
  )}
FROM
(
SELECT ${join(
    shown.map(([name, value]) => sql`${value} AS ${identifier(`shown_${name}`)}`),
    ',\n',
  )}
FROM
(
SELECT *${place} FROM
(
${rows}
)
WHERE is_row = 1${cut}
) AS counted
${emptyBuckets(plan)}ORDER BY ${join(order, ', ')}
)${lists.some(isTimeList) ? sql`\nSETTINGS ${BUCKETS_IN_MEMORY}` : EMPTY}`;
}

/** Of the two sides of the join, the buckets are the small one. */
const BUCKETS_IN_MEMORY = sql`query_plan_join_swap_table = 'false'`;

/** Joins time's lists with all of their buckets: `is_row` is 0 in those without clicks. */
function emptyBuckets({ query, lists, previous }: Plan): Sql {
  const time = lists.findIndex(isTimeList) + 1;
  if (time === 0) return EMPTY;
  const bucketsOf = (place: number, of: StatsQuery): Sql =>
    sql`arrayMap(time -> (${param('UInt8', place)}, time), ${everyBucket(of)})`;
  const own = bucketsOf(time, query);
  const before = previous?.lists.findIndex(isTimeList) ?? -1;
  const all =
    previous === undefined || before === -1
      ? own
      : sql`arrayConcat(${own}, ${bucketsOf(PREVIOUS + before + 1, previous.query)})`;
  return sql`FULL JOIN (SELECT bucket.1 AS list, bucket.2 AS time FROM (SELECT arrayJoin(${all}) AS bucket)) AS buckets USING (list, time)
`;
}
