import { EMPTY, type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import type { Column, RowTemplate } from '../../lib/row-template.ts';
import { SUMMARY_COLUMNS, groupedRows, limitBy, rankOf, summaryColumns } from './compile.ts';
import { addedUpRows } from './compile-sharded.ts';
import { type Tenant, clicksOf } from './conditions.ts';
import type { DimensionName } from '../registry/dimensions.ts';
import { type MetricList, listsOf } from './lists.ts';
import type { MetricName } from '../registry/metrics.ts';
import type { StatsQuery } from '../parse/query.ts';
import type { Spread } from './sharding.ts';
import { rowText } from './row-text.ts';
import { timeTexts } from './time-text.ts';

/** A list of an export: groups of some dimensions with one metric. */
export interface ExportListPlan {
  /** As in an answer, for example `clicks_by_browser`. */
  readonly name: string;
  /** Its dimensions' name, by which `group_counts` knows it. */
  readonly groupName: string;
  readonly metric: MetricName;
  readonly columns: readonly Column[];
  /** Time's own list has a row for every bucket; ClickHouse knows only those with clicks. */
  readonly isTime: boolean;
}

/** The lists of an export, in order. */
export function exportLists(query: StatsQuery): readonly ExportListPlan[] {
  return listsOf(query).flatMap(({ dimensions }) =>
    query.metrics.map((metric): ExportListPlan => {
      const groupName = dimensions.join('_');
      return {
        name: `${metric}_by_${groupName}`,
        groupName,
        metric,
        columns: [
          ...dimensions.flatMap(columnsOf),
          { name: metric, kind: 'number' },
          { name: `${metric}_percentage`, kind: 'number' },
        ],
        isTime: groupName === 'time',
      };
    }),
  );
}

function columnsOf(name: DimensionName): readonly Column[] {
  if (name !== 'time') return [{ name, kind: 'text' }];
  return [
    { name, kind: 'plain' },
    { name: 'bucket_start', kind: 'plain' },
  ];
}

/**
 * An export as one SQL query whose result is text: sections, each ended by a mark, a line that begins with U+0000, which
 * no stored text contains. The first mark, before any section, holds the summary as JSON; the others hold the place of
 * their list in `exportLists` and a count of rows and marks: of each two in a row whose lists have other dimensions, it
 * differs by the groups of the second, those that a limit cuts off among them, and one. The last one is `end`. In
 * sections stand the rows as the template writes them, in time's own lists as `seconds TAB value` lines.
 *
 * Rows are counted as they leave the sort: a window function would hold a whole list in memory, where a sort goes by way
 * of the disk.
 * @param spread where the clicks are spread
 */
export function compileExport(
  query: StatsQuery,
  tenant: Tenant,
  template: (columns: readonly Column[]) => RowTemplate,
  spread?: Spread,
): Sql {
  const lists = listsOf(query);
  const metrics = param(
    'Array(UInt8)',
    query.metrics.map((_, index) => index),
  );
  const place = sql`(list - 1) * ${param('UInt32', query.metrics.length)} + metric`;
  const branches = exportLists(query).map(
    (plan, index) => sql`${place} = ${param('UInt32', index)}, ${sectionRow(query, plan, template)}`,
  );
  const groups =
    spread === undefined ? serverRows(query, tenant, lists) : spreadRows(query, tenant, spread, lists);
  const end = param('UInt8', lists.length + 1);
  const forEachMetric = (rows: Sql): Sql =>
    sql`SELECT *, arrayJoin(if(list IN (0, ${end}), [toUInt8(0)], ${metrics})) AS metric FROM\n(\n${rows}\n)`;
  const shown =
    query.limit === undefined
      ? counted(sql`${forEachMetric(groups)}\n${shownOrder(query)}`)
      : sql`${forEachMetric(cutRows(query, query.limit, lists, groups))}\n${shownOrder(query)}`;
  // What only a late branch asks for is worked out for its rows alone: without `ignore` the marks would count each other.
  return sql`${spread === undefined ? sql`WITH (SELECT ${summaryColumns()} ${clicksOf(query, tenant)}) AS totals\n` : EMPTY}SELECT multiIf(
  ignore(before), '',
  is_row = 0, ${mark(lists.length, place)},
  ${join(branches, ',\n  ')},
  '')
FROM
(
${shown}
)`;
}

/** The order of the result: each list's rows as they are shown, then its mark. */
function shownOrder(query: StatsQuery): Sql {
  const time = query.groupBy.includes('time') ? sql`time, ` : EMPTY;
  return sql`ORDER BY list, metric, is_row DESC, ${time}${rankAndNames(query)}`;
}

/** The first rows of each list, and all marks. */
function cutRows(query: StatsQuery, limit: number, lists: readonly MetricList[], rows: Sql): Sql {
  const ranked = sql`SELECT * FROM\n(\n${rows}\n)\nORDER BY list, is_row DESC, ${rankAndNames(query)}`;
  return sql`${counted(ranked)}\n${limitBy(limit, lists, sql`list, is_row`)}`;
}

function rankAndNames(query: StatsQuery): Sql {
  return sql`${rankOf(query)} DESC, ${join(query.groupBy.map(identifier), ', ')}`;
}

/** Rows in order, each with how many are before it. */
function counted(rows: Sql): Sql {
  return sql`SELECT *, rowNumberInAllBlocks() AS before FROM\n(\n${rows}\n)`;
}

/** The groups of all lists and the marks; the totals come of a query before. */
function serverRows(query: StatsQuery, tenant: Tenant, lists: readonly MetricList[]): Sql {
  const names = join(query.groupBy.map(identifier), ', ');
  return sql`SELECT list, toUInt8(1) AS is_row, clicks, unique_clicks, ${names}
FROM
(
${groupedRows(query, lists, clicksOf(query, tenant))}
)
UNION ALL
SELECT arrayJoin(${param('Array(UInt8)', marks(lists))}), 0, 0, 0, ${blanks(query)}`;
}

/** The same, each row with the totals: the shards are asked once, so that these are of the view that the groups are of. */
function spreadRows(query: StatsQuery, tenant: Tenant, spread: Spread, lists: readonly MetricList[]): Sql {
  const names = join(query.groupBy.map(identifier), ', ');
  const numbers = SUMMARY_COLUMNS.map(identifier);
  const totals = [
    sql`maxIf(clicks, list = 0) OVER ()`,
    sql`maxIf(unique_clicks, list = 0) OVER ()`,
    // The groups of a single list have such numbers of their own.
    ...numbers.map((number) => sql`maxIf(${number}, list = 0) OVER ()`),
  ];
  return sql`SELECT list, is_row, clicks, unique_clicks, ${names},
  tuple(${join(totals, ', ')}) AS totals
FROM
(
SELECT list, toUInt8(1) AS is_row, clicks, unique_clicks, ${names}, ${join(numbers, ', ')}
FROM
(
${addedUpRows({ query, tenant }, spread)}
)
UNION ALL
SELECT arrayJoin(${param('Array(UInt8)', marks(lists))}), 0, 0, 0, ${blanks(query)}, ${join(
    numbers.map(() => sql`NULL`),
    ', ',
  )}
)
QUALIFY list > 0 OR is_row = 0`;
}

/** The summary stands first, as list 0, and the end mark last. */
function marks(lists: readonly MetricList[]): readonly number[] {
  return [0, ...lists.map((_, index) => index + 1), lists.length + 1];
}

function mark(lists: number, place: Sql): Sql {
  const totals = [1, 2, 3, 4, 5, 6].map(
    (column) => sql`CAST(tupleElement(totals, ${param('UInt8', column)}), 'Nullable(Float64)')`,
  );
  const text = sql`multiIf(list = 0, toJSONString([${join(totals, ', ')}]), list = ${param('UInt8', lists + 1)}, 'end', concat(toString(${place}), ' ', toString(before)))`;
  return sql`concat('\\0', ${text}, '\\n')`;
}

function blanks(query: StatsQuery): Sql {
  return join(
    query.groupBy.map((name) => (name === 'time' ? sql`toInt64(0)` : sql`''`)),
    ', ',
  );
}

function sectionRow(
  query: StatsQuery,
  plan: ExportListPlan,
  template: (columns: readonly Column[]) => RowTemplate,
): Sql {
  const value = identifier(plan.metric);
  if (plan.isTime) return sql`concat(toString(time), '\\t', toString(${value}), '\\n')`;
  const total = plan.metric === 'clicks' ? sql`totals.1` : sql`totals.2`;
  const columns = Object.fromEntries(plan.columns.map(({ name }) => [name, identifier(name)]));
  return rowText(template(plan.columns), {
    ...columns,
    ...(query.groupBy.includes('time') ? timeTexts(query) : {}),
    // As `percentage` does it: in doubles, halves up.
    [`${plan.metric}_percentage`]: sql`if(${total} = 0, 0, floor(${value} * 10000 / ${total} + 0.5) / 100)`,
  });
}
