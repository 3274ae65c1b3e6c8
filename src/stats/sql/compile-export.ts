import { EMPTY, type Sql, join, param, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import type { StatsQuery } from '../query.ts';
import type { RowOf } from './export-lists.ts';
import { rowTexts } from './export-row-texts.ts';
import { endOf, rowsWithTotals } from './export-rows.ts';
import { PREVIOUS_TOTALS, TOTALS, totalOf } from './export-totals.ts';
import { countedMetrics } from './numbers.ts';
import { isAfterOffset, isShown, limitBy, placeInList, rankAndNames } from './order.ts';

/**
 * Compiles an export into one SQL query whose result is text. The text has sections, each ended by a delimiter: a line that begins with
 * U+0000, which no stored text contains.
 *
 * - The first delimiter, before any section, has the summary as JSON, also of the period before if the plan has one.
 * - Each other delimiter has the place of its list in `exportLists`, and a running count of rows and delimiters. From one list to the
 *   next with other dimensions, the count grows by one and by the number of groups of the second list, including those that `limit`
 *   cuts off.
 * - The lists of the period before come last. The last delimiter is `end`.
 * - A section has the rows as the format's template writes them; in time's own lists it has `seconds TAB value` lines.
 *
 * Rows are counted after they are sorted: a sort can spill to disk, while a window function would hold a whole list in memory.
 */
export function compileExport(plan: Plan, rowOf: RowOf): Sql {
  const { query } = plan;
  const metrics = param(
    'Array(UInt8)',
    query.metrics.map((_, index) => index),
  );
  const place = sql`(list - 1) * ${param('UInt32', query.metrics.length)} + metric`;
  const end = param('UInt8', endOf(plan));
  const forEachMetric = (rows: Sql): Sql =>
    sql`SELECT *, arrayJoin(if(list IN (0, ${end}), [toUInt8(0)], ${metrics})) AS metric FROM\n(\n${rows}\n)`;
  const { totals, rows: groups } = rowsWithTotals(plan);
  const shown =
    query.other === true
      ? weighed(plan, forEachMetric(groups))
      : query.limit === undefined && query.offset === undefined
        ? counted(sql`${forEachMetric(groups)}\n${shownOrder(query)}`)
        : sql`${forEachMetric(cutRows(plan, groups))}\n${shownOrder(query)}`;
  // What only a late branch asks for is worked out for its rows alone: without `ignore` the delimiters would count each other.
  return sql`${totals}SELECT multiIf(
  ignore(before), '',
  is_row = 0, ${delimiter(plan, place)},
  ${rowTexts(plan, rowOf)})
FROM
(
${shown}
)
SETTINGS ${SMALL_BLOCKS}`;
}

/** Of the rows of a block the text is held in parts and whole, by each thread. */
const SMALL_BLOCKS = sql`max_block_size = 16384`;

/** The order of the result: each list's rows as they are shown, then its delimiter. */
function shownOrder(query: StatsQuery): Sql {
  const time = query.groupBy.includes('time') ? sql`time, ` : EMPTY;
  const other = query.other === true ? sql`other, ` : EMPTY;
  return sql`ORDER BY list, metric, is_row DESC, ${time}${other}${join(rankAndNames(query), ', ')}`;
}

/** The rows of each list that are shown, and all delimiters, each with how many rows and delimiters are before it. */
function cutRows(plan: Plan, rows: Sql): Sql {
  const { query } = plan;
  const each = sql`list, is_row`;
  const order = sql`list, is_row DESC, ${join(rankAndNames(query), ', ')}`;
  if (query.offset === undefined && query.limit !== undefined) {
    const ranked = counted(sql`SELECT * FROM\n(\n${rows}\n)\nORDER BY ${order}`);
    return sql`${ranked}\nLIMIT ${limitBy(query.limit, plan, each)}`;
  }
  const place = placeInList(query, each);
  const before = sql`row_number() OVER (ORDER BY ${order} ROWS BETWEEN CURRENT ROW AND CURRENT ROW) - 1`;
  return sql`SELECT *, ${place} AS place, ${before} AS before FROM\n(\n${rows}\n)\nQUALIFY is_row = 0 OR ${isShown(plan)}`;
}

/**
 * Rows that are cut already in order, each with how many groups and delimiters are before it, and how many rows and delimiters. The
 * first group of a list says how many it has.
 */
function weighed(plan: Plan, rows: Sql): Sql {
  const { query } = plan;
  const weight = sql`if(is_row = 0, 1, if(place = 1, ifNull(groups, 0), 0))`;
  const isKept = sql`(is_row = 0 OR ${isAfterOffset(plan)})`;
  const before = (numbers: Sql): Sql =>
    sql`sum(${numbers}) OVER (ORDER BY list, metric, is_row DESC ROWS UNBOUNDED PRECEDING) - 1`;
  return sql`SELECT *, ${before(weight)} AS before, ${before(isKept)} AS rows_before FROM\n(\n${rows}\n)\nQUALIFY ${isKept}\n${shownOrder(query)}`;
}

/** Rows in order, each with how many are before it. */
function counted(rows: Sql): Sql {
  return sql`SELECT *, rowNumberInAllBlocks() AS before FROM\n(\n${rows}\n)`;
}

function delimiter(plan: Plan, place: Sql): Sql {
  const periods = plan.previous === undefined ? [TOTALS] : [TOTALS, PREVIOUS_TOTALS];
  const { query } = plan;
  const totals = periods.map((period) => {
    const numbers = countedMetrics(query).map(
      (name) => sql`CAST(${totalOf(name, query, period)}, 'Nullable(Float64)')`,
    );
    return sql`[${join(numbers, ', ')}]`;
  });
  const end = param('UInt8', endOf(plan));
  const rows = query.other === true ? sql`, ' ', toString(rows_before)` : EMPTY;
  const text = sql`multiIf(list = 0, toJSONString([${join(totals, ', ')}]), list = ${end}, 'end', concat(toString(${place}), ' ', toString(before)${rows}))`;
  return sql`concat('\\0', ${text}, '\\n')`;
}
