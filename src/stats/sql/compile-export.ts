import { type Statement, subquery } from '../../sql/select.ts';
import { EMPTY, type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import type { StatsQuery } from '../parse/query.ts';
import { metricOf, percentageOf } from '../registry/metrics.ts';
import { SUMMARY_COLUMNS } from '../registry/totals.ts';
import { filterClicks } from './conditions.ts';
import { countGroups } from './count.ts';
import { type ExportListPlan, type RowOf, exportLists } from './export-lists.ts';
import { blankDimensions } from './lists.ts';
import { selectSummary } from './numbers.ts';
import { limitBy, rankAndNames } from './order.ts';
import { rowText } from './row-text.ts';
import { clicksFrom, mergeShards } from './sharding.ts';
import { addSummary } from './summary.ts';
import { timeTexts } from './time-text.ts';

/**
 * An export as one SQL query whose result is text: sections, each ended by a delimiter, a line that begins with U+0000,
 * which no stored text contains. The first delimiter, before any section, holds the summary as JSON; the others hold the
 * place of their list in `exportLists` and a count of rows and delimiters: of each two in a row whose lists have other
 * dimensions, it differs by the groups of the second, those that a limit cuts off among them, and one. The last one is
 * `end`. In sections stand the rows as the template writes them, in time's own lists as `seconds TAB value` lines.
 *
 * Rows are counted as they leave the sort: a window function would hold a whole list in memory, where a sort goes by way
 * of the disk.
 */
export function compileExport(plan: Plan, rowOf: RowOf): Sql {
  const { query, lists, sharding } = plan;
  const metrics = param(
    'Array(UInt8)',
    query.metrics.map((_, index) => index),
  );
  const place = sql`(list - 1) * ${param('UInt32', query.metrics.length)} + metric`;
  const branches = exportLists(query).map(
    (list, index) => sql`${place} = ${param('UInt32', index)}, ${sectionRow(query, list, rowOf)}`,
  );
  const end = param('UInt8', lists.length + 1);
  const forEachMetric = (rows: Sql): Sql =>
    sql`SELECT *, arrayJoin(if(list IN (0, ${end}), [toUInt8(0)], ${metrics})) AS metric FROM\n(\n${rows}\n)`;
  const groups = sharding === undefined ? serverRows(plan) : shardedRows(plan);
  const shown =
    query.limit === undefined
      ? counted(sql`${forEachMetric(groups)}\n${shownOrder(query)}`)
      : sql`${forEachMetric(cutRows(plan, query.limit, groups))}\n${shownOrder(query)}`;
  const totals = sharding === undefined ? sql`WITH ${subquery(summaryOf(plan))} AS totals\n` : EMPTY;
  // What only a late branch asks for is worked out for its rows alone: without `ignore` the delimiters would count each other.
  return sql`${totals}SELECT multiIf(
  ignore(before), '',
  is_row = 0, ${delimiter(lists.length, place)},
  ${join(branches, ',\n  ')},
  '')
FROM
(
${shown}
)`;
}

function summaryOf(plan: Plan): Statement {
  return selectSummary(filterClicks(clicksFrom(plan.sharding), plan), plan);
}

/** The order of the result: each list's rows as they are shown, then its delimiter. */
function shownOrder(query: StatsQuery): Sql {
  const time = query.groupBy.includes('time') ? sql`time, ` : EMPTY;
  return sql`ORDER BY list, metric, is_row DESC, ${time}${join(rankAndNames(query), ', ')}`;
}

/** The first rows of each list, and all delimiters. */
function cutRows(plan: Plan, limit: number, rows: Sql): Sql {
  const rank = join(rankAndNames(plan.query), ', ');
  const ranked = sql`SELECT * FROM\n(\n${rows}\n)\nORDER BY list, is_row DESC, ${rank}`;
  return sql`${counted(ranked)}\nLIMIT ${limitBy(limit, plan, sql`list, is_row`)}`;
}

/** Rows in order, each with how many are before it. */
function counted(rows: Sql): Sql {
  return sql`SELECT *, rowNumberInAllBlocks() AS before FROM\n(\n${rows}\n)`;
}

/** The groups of all lists and the delimiters; the totals come of a query before. */
function serverRows(plan: Plan): Sql {
  return rowsAndDelimiters(countGroups({ ...plan, isOnePass: false }), plan, plan.query.metrics);
}

/** The same, each row with the totals: the shards are asked once, so that these are of the view that the groups are of. */
function shardedRows(plan: Plan): Sql {
  const merged = mergeShards(addSummary(countGroups(plan), plan), plan);
  // The groups of a single list have totals of their own.
  const totals = SUMMARY_COLUMNS.map((name) => sql`maxIf(${identifier(name)}, list = 0) OVER ()`);
  const shown = ['list', 'is_row', ...plan.query.metrics, ...plan.query.groupBy].map(identifier);
  return sql`SELECT ${join(shown, ', ')}, tuple(${join(totals, ', ')}) AS totals
FROM
(
${rowsAndDelimiters(merged, plan, SUMMARY_COLUMNS)}
)
QUALIFY list > 0 OR is_row = 0`;
}

/** Rows with some numbers, and the delimiters: the summary's first, as list 0, and the end's last. */
function rowsAndDelimiters(rows: Statement, { query, lists }: Plan, numbers: readonly string[]): Sql {
  const names = join([...query.groupBy, ...numbers].map(identifier), ', ');
  const blanks = [
    ...blankDimensions(query).map(({ expression }) => expression),
    ...numbers.map((name) => (query.metrics.some((metric) => metric === name) ? sql`0` : sql`NULL`)),
  ];
  const places = [0, ...lists.map((_, index) => index + 1), lists.length + 1];
  return sql`SELECT list, toUInt8(1) AS is_row, ${names}
FROM
${subquery(rows)}
UNION ALL
SELECT arrayJoin(${param('Array(UInt8)', places)}), 0, ${join(blanks, ', ')}`;
}

function delimiter(lists: number, place: Sql): Sql {
  const totals = SUMMARY_COLUMNS.map((name) => sql`CAST(${totalOf(name)}, 'Nullable(Float64)')`);
  const text = sql`multiIf(list = 0, toJSONString([${join(totals, ', ')}]), list = ${param('UInt8', lists + 1)}, 'end', concat(toString(${place}), ' ', toString(before)))`;
  return sql`concat('\\0', ${text}, '\\n')`;
}

/** A number of the summary. */
function totalOf(name: (typeof SUMMARY_COLUMNS)[number]): Sql {
  return sql`tupleElement(totals, ${param('UInt8', SUMMARY_COLUMNS.indexOf(name) + 1)})`;
}

function sectionRow(query: StatsQuery, { metric, columns, isTime }: ExportListPlan, rowOf: RowOf): Sql {
  const value = shownValue(metric);
  if (isTime) return sql`concat(toString(time), '\\t', toString(${value}), '\\n')`;
  const total = totalOf(metric);
  return rowText(rowOf(columns), {
    ...Object.fromEntries(columns.map(({ name }) => [name, identifier(name)])),
    ...(query.groupBy.includes('time') ? timeTexts(query) : {}),
    [metric]: value,
    // As `percentage` does it: in doubles, halves up.
    [percentageOf(metric)]: sql`if(${total} = 0, 0, floor(${value} * 10000 / ${total} + 0.5) / 100)`,
  });
}

/** A metric as `shownNumber` has it. */
export function shownValue(metric: ExportListPlan['metric']): Sql {
  const value = identifier(metric);
  return metricOf(metric).kind === 'count' ? value : sql`floor(ifNull(${value}, 0) * 100 + 0.5) / 100`;
}
