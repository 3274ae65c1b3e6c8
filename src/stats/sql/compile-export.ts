import { splitBefore } from '../../lib/row-template.ts';
import { type Statement, subquery } from '../../sql/select.ts';
import { EMPTY, type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import type { Plan, PreviousPlan } from '../plan.ts';
import type { StatsQuery } from '../query.ts';
import { type MetricName, metricOf, percentageOf, previousOf } from '../registry/metrics.ts';
import { changeOf } from './change.ts';
import { filterClicks } from './conditions.ts';
import { type RowOf, exportLists } from './export-lists.ts';
import { blankDimensions, isTimeList } from './lists.ts';
import { countedMetrics, listMetrics, selectSummary } from './numbers.ts';
import { shownAndOthers } from './others.ts';
import { isAfterOffset, isShown, limitBy, placeInList, rankAndNames } from './order.ts';
import { IS_PREVIOUS, PREVIOUS, groupsOfBoth, mergedOfBoth, previousColumns } from './periods.ts';
import { rowText } from './row-text.ts';
import { clicksFrom } from './click-source.ts';
import { instantText, timeTexts } from './time-text.ts';

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

/** The groups of all lists and the delimiters (`is_row` is 0), and what goes before the SELECT that reads the totals. */
export function rowsWithTotals(plan: Plan): { readonly totals: Sql; readonly rows: Sql } {
  const isOneRead = plan.query.other === true || plan.sharding !== undefined;
  return isOneRead
    ? { totals: EMPTY, rows: rowsOfOneRead(plan) }
    : { totals: summaries(plan), rows: serverRows(plan) };
}

/** Of the rows of a block the text is held in parts and whole, by each thread. */
const SMALL_BLOCKS = sql`max_block_size = 16384`;

/**
 * The text of a row: what its list writes of its dimensions, then what its metric writes. So there are as many branches as
 * lists and metrics, not as many as there are pairs of them.
 */
function rowTexts({ query, previous, lists }: Plan, rowOf: RowOf): Sql {
  const { metrics } = query;
  const values = shownValues(query);
  const heads: Sql[] = [];
  const tails = new Map<MetricName, Sql>();
  for (const [index, { columns, metric, isTime }] of exportLists(query).entries()) {
    if (isTime) continue;
    const own = { ...values, ...comparedValues(metric, previous) };
    const [head, tail] = splitBefore(rowOf(columns), metric);
    if (!tails.has(metric)) tails.set(metric, rowText(tail, own));
    if (index % metrics.length > 0) continue;
    heads.push(sql`list = ${param('UInt8', index / metrics.length + 1)}, ${rowText(head, own)}`);
  }
  const ofMetric = (textOf: (metric: MetricName) => Sql | undefined): Sql =>
    firstThatHolds(
      metrics.map((name, index) => sql`metric = ${param('UInt8', index)}, ${textOf(name) ?? NO_TEXT}`),
    );
  const rows =
    heads.length === 0
      ? NO_TEXT
      : sql`concat(${firstThatHolds(heads)}, ${ofMetric((name) => tails.get(name))})`;
  const time = lists.findIndex(isTimeList) + 1;
  if (time === 0) return rows;
  const own = sql`list = ${param('UInt8', time)}, ${ofMetric((name) => timeRow(name, previous))}`;
  const before = previous && sql`,\n  ${IS_PREVIOUS}, ${ofMetric((name) => timeRow(name, undefined))}`;
  return sql`multiIf(\n  ${own}${before ?? EMPTY},\n  ${rows})`;
}

function firstThatHolds(branches: readonly Sql[]): Sql {
  return sql`multiIf(\n  ${join(branches, ',\n  ')},\n  '')`;
}

const NO_TEXT = sql`''`;

/** The position after all lists. */
function endOf({ lists, previous }: Plan): number {
  return (previous === undefined ? lists.length : PREVIOUS + previous.lists.length) + 1;
}

function summaries(plan: Plan): Sql {
  const before = plan.previous && sql`,\n${subquery(summaryOf(plan.previous.counted))} AS previous_totals`;
  return sql`WITH ${subquery(summaryOf(plan))} AS totals${before ?? EMPTY}\n`;
}

function summaryOf(plan: Plan): Statement {
  return selectSummary(filterClicks(clicksFrom(plan.sharding), plan), plan);
}

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

/** The groups of all lists and the delimiters; the totals come of a query before. */
function serverRows(plan: Plan): Sql {
  return rowsAndDelimiters(groupsOfBoth(plan), plan, [...listMetrics(plan.query), ...previousColumns(plan)]);
}

/** The same, each row with the totals: clicks are read once, so that these are of the view that the groups are of. */
function rowsOfOneRead(plan: Plan): Sql {
  const withOthers = plan.query.other === true;
  const merged = withOthers ? shownAndOthers(plan) : mergedOfBoth(plan);
  // The groups of a single list have totals of their own.
  const totalsOf = (list: number): Sql => {
    // Not its delimiter, in which numbers stand that are there for their type alone.
    const isSummary = sql`list = ${param('UInt8', list)} AND is_row = 1`;
    const totals = countedMetrics(plan.query).map(
      (name) => sql`maxIf(${identifier(name)}, ${isSummary}) OVER ()`,
    );
    return sql`tuple(${join(totals, ', ')})`;
  };
  const before = plan.previous && sql`, ${totalsOf(PREVIOUS)} AS previous_totals`;
  const { query } = plan;
  const further = [...previousColumns(plan), ...(withOthers ? ['other', 'groups', 'place'] : [])];
  const numbers = [...listMetrics(query), ...further];
  const shown = ['list', 'is_row', ...numbers, ...query.groupBy].map(identifier);
  return sql`SELECT ${join(shown, ', ')}, ${totalsOf(0)} AS totals${before ?? EMPTY}
FROM
(
${rowsAndDelimiters(merged, plan, [...countedMetrics(query), ...further])}
)
QUALIFY list NOT IN (0, ${param('UInt8', PREVIOUS)}) OR is_row = 0`;
}

/** Rows with some numbers, and the delimiters: the summary's first, as list 0, and the end's last. */
function rowsAndDelimiters(rows: Statement, plan: Plan, numbers: readonly string[]): Sql {
  const { query, lists, previous } = plan;
  const names = join([...query.groupBy, ...numbers].map(identifier), ', ');
  const blanks = [
    ...blankDimensions(query).map(({ expression }) => expression),
    ...numbers.map((name) => (listMetrics(query).some((metric) => metric === name) ? sql`0` : sql`NULL`)),
  ];
  const before = previous?.lists ?? [];
  const places = [
    0,
    ...lists.map((_, index) => index + 1),
    ...before.map((_, index) => PREVIOUS + index + 1),
    endOf(plan),
  ];
  return sql`SELECT list, toUInt8(1) AS is_row, ${names}
FROM
${subquery(rows)}
UNION ALL
SELECT arrayJoin(${param('Array(UInt8)', places)}), 0, ${join(blanks, ', ')}`;
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

/** The summary that a row is read with, and that of the period compared with. */
export const TOTALS = sql`totals`;
export const PREVIOUS_TOTALS = sql`previous_totals`;

/** A number of a summary. */
function totalOf(name: MetricName, query: StatsQuery, totals = TOTALS): Sql {
  return sql`tupleElement(${totals}, ${param('UInt8', countedMetrics(query).indexOf(name) + 1)})`;
}

type Values = Readonly<Record<string, Sql>>;

/** The expressions of all columns that rows of a query have, by name. */
function shownValues(query: StatsQuery): Values {
  const { other = false } = query;
  const dimensions = query.groupBy.map(
    (name) => [name, other ? sql`if(other, NULL, ${identifier(name)})` : identifier(name)] as const,
  );
  const metrics = query.metrics.flatMap((name) => {
    return [
      [name, shownValue(name, query)],
      [percentageOf(name), percentageIn(name, query, TOTALS)],
    ] as const;
  });
  const times = query.groupBy.includes('time') ? timeTexts(query) : {};
  const flags = other ? { other: sql`other` } : {};
  return { ...Object.fromEntries([...dimensions, ...metrics]), ...times, ...flags };
}

/** A row's percentage of a summary, as `percentage` has it: in doubles, halves up. */
export function percentageIn(name: MetricName, query: StatsQuery, totals: Sql): Sql {
  const total = totalOf(name, query, totals);
  return sql`if(${total} = 0, 0, floor(${identifier(name)} * 10000 / ${total} + 0.5) / 100)`;
}

/** A line of a list of time alone: the bucket and its numbers. */
function timeRow(metric: MetricName, previous: PreviousPlan | undefined): Sql {
  const numbers = previous === undefined ? [metric] : [metric, previousOf(metric)];
  const cells = numbers.map((name) => sql`'\\t', ifNull(toString(${identifier(name)}), '')`);
  return sql`concat(toString(time), ${join(cells, ', ')}, '\\n')`;
}

/** What a metric was in the period compared with, and how it has changed, as `changeOf` has it. */
function comparedValues(
  name: MetricName,
  previous: PreviousPlan | undefined,
): Readonly<Record<'previous' | 'change', Sql>> {
  if (previous === undefined) return { previous: NULL, change: NULL };
  const before = identifier(previousOf(name));
  const isInstant = metricOf(name).kind === 'instant';
  return { previous: isInstant ? instantText(previous.query, before) : before, change: changeOf(name) };
}

const NULL = sql`NULL`;

/** A metric as `shownMetric` has it. */
function shownValue(metric: MetricName, query: StatsQuery): Sql {
  const value = identifier(metric);
  return metricOf(metric).kind === 'instant' ? instantText(query, value) : value;
}
