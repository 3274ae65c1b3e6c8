import { EMPTY, type Sql, aliased, identifier, join, param, sql } from '../../sql/sql.ts';
import { namesOf } from '../../lib/names.ts';
import { type Tenant, clicksOf } from './conditions.ts';
import { DIMENSIONS, type DimensionName } from '../registry/dimensions.ts';
import { type MetricList, listsOf } from './lists.ts';
import type { StatsQuery } from '../parse/query.ts';
import { timeBucket } from './time-bucket.ts';
import { type VisitorPlan, countVisitors } from './visitor-plan.ts';

/**
 * The columns of a compiled query's rows, in order. `list` is 0 for the summary, the first row, and else the list's
 * place counted from 1; dimensions that a list has not are empty. Times are Unix milliseconds, `time` Unix seconds.
 * Time's list by itself comes in any order.
 */
export function columnsOf(query: StatsQuery): readonly string[] {
  return ['list', ...query.groupBy, 'clicks', 'unique_clicks', 'groups', ...SUMMARY_COLUMNS];
}

/**
 * A question as one SQL query, so that all lists of the answer see the same clicks. Several lists come of one pass with
 * GROUPING SETS; the summary's own numbers would be worked out for every group of each, and a branch of its own is
 * faster. A single list brings its summary. Visitors are only counted where they are asked for: that costs many
 * times what counting clicks does.
 * @param plan how visitors are counted in the lists where there are several
 */
export function compile(query: StatsQuery, tenant: Tenant, plan: VisitorPlan = 'all-alike'): Sql {
  const from = clicksOf(query, tenant);
  const lists = listsOf(query);
  const [first, ...others] = lists;
  if (first !== undefined && others.length === 0 && query.metrics.includes('unique_clicks')) {
    return onePass(query, first, from);
  }
  return sql`SELECT ${join(columnsOf(query).map(identifier), ', ')}
FROM
(
${cut(query, lists, groupedRows(query, lists, from, { more: sql`, ${NO_NUMBERS}`, plan }))}
UNION ALL
${summary(query, from)}
)
ORDER BY ${orderOf(query)}
${TWO_BRANCHES}`;
}

/** The order of a compiled query's rows. */
export function orderOf(query: StatsQuery): Sql {
  const names = join(query.groupBy.map(identifier), ', ');
  return sql`list, ${query.groupBy.includes('time') ? sql`time, ` : EMPTY}${rankOf(query)} DESC, ${names}`;
}

/** Nothing stands around the one SELECT: ClickHouse takes as long for that as for the clicks of a link. */
function onePass(query: StatsQuery, list: MetricList, from: Sql): Sql {
  const groups = isTime(list) ? sql`0` : COUNT_OF_GROUPS;
  const rows = listAndSummary(query, list, from, sql`${groups} AS groups, ${named(NUMBERS)}`);
  if (isTime(list)) return rows;
  return sql`${rows}${query.limit === undefined ? ranked(query) : limitedRows(query, query.limit, [list])}`;
}

/**
 * The groups of a list of one dimension, and the summary beside them.
 * @param more what else is selected
 */
export function listAndSummary(query: StatsQuery, list: MetricList, from: Sql, more: Sql): Sql {
  const name = join(list.dimensions.map(identifier), ', ');
  return sql`SELECT NOT grouping(${name}) AS list, ${keysOf(query)},
  count() AS clicks, uniqExact(visitor) AS unique_clicks, ${more}
${from}
GROUP BY GROUPING SETS ((), (${name}))`;
}

/** The groups' keys by the names of their dimensions. */
function keysOf(query: StatsQuery): Sql {
  const keys = query.groupBy.map((name) =>
    aliased(name === 'time' ? timeBucket(query) : DIMENSIONS[name].column, name),
  );
  return join(keys, ', ');
}

/**
 * The two branches run beside each other, and so do the lists of the first. As many streams as cores for each would only
 * make more sets of visitors that have to be merged in the end.
 */
export const TWO_BRANCHES = sql`SETTINGS max_streams_to_max_threads_ratio = 0.5`;

/** The numbers that only a summary has; times are those of 1970 where there are no clicks. */
const NUMBERS = {
  bot_clicks: sql`countIf(is_bot)`,
  first_click: sql`toUnixTimestamp64Milli(min(clicked_at))`,
  last_click: sql`toUnixTimestamp64Milli(max(clicked_at))`,
  avg_redirection_time: sql`avg(redirect_ms)`,
} as const;

/** The same, null where there are no clicks. */
export const SUMMARY_NUMBERS = {
  ...NUMBERS,
  bot_clicks: sql`toNullable(${NUMBERS.bot_clicks})`,
  first_click: sql`nullIf(${NUMBERS.first_click}, 0)`,
  last_click: sql`nullIf(${NUMBERS.last_click}, 0)`,
} as const;

export const SUMMARY_COLUMNS = namesOf(SUMMARY_NUMBERS);

const named = (numbers: Readonly<Record<keyof typeof NUMBERS, Sql>>): Sql =>
  join(
    SUMMARY_COLUMNS.map((name) => sql`${numbers[name]} AS ${identifier(name)}`),
    ', ',
  );

const NO_NUMBERS = join(
  SUMMARY_COLUMNS.map((name) => sql`NULL AS ${identifier(name)}`),
  ', ',
);

/**
 * The row of the summary by itself. Its blanks have no names: ClickHouse would take an alias `browser` for the column in
 * the conditions below it.
 */
export function summary(query: StatsQuery, from: Sql): Sql {
  const blanks = query.groupBy.map((name) => (name === 'time' ? sql`toInt64(0), ` : sql`'', `));
  return sql`SELECT toUInt8(0) AS list, ${join(blanks, '')}
  count() AS clicks, uniqExact(visitor) AS unique_clicks, toUInt64(0) AS groups,
  ${named(SUMMARY_NUMBERS)}
${from}`;
}

/** The columns of a summary in the order of an answer's fields: two totals, then what `SUMMARY_COLUMNS` names. */
export function summaryColumns(): Sql {
  return join([sql`count()`, sql`uniqExact(visitor)`, ...Object.values(SUMMARY_NUMBERS)], ', ');
}

export interface GroupedRows {
  /** What else is selected, a comma before it. */
  readonly more?: Sql;
  readonly plan?: VisitorPlan;
}

/** A query with one row a group of each list. */
export function groupedRows(
  query: StatsQuery,
  lists: readonly MetricList[],
  from: Sql,
  { more = EMPTY, plan = 'all-alike' }: GroupedRows = {},
): Sql {
  const names = query.groupBy.map(identifier);
  const sets = lists.map(({ dimensions }) => sql`(${join(dimensions.map(identifier), ', ')})`);
  const masks = lists.map(({ dimensions }) => groupingMask(query.groupBy, dimensions));
  const places = lists.map((_, index) => index + 1);
  const uniques = query.metrics.includes('unique_clicks') ? countVisitors(plan, from) : sql`toUInt64(0)`;
  return sql`SELECT transform(grouping(${join(names, ', ')}), ${param('Array(UInt64)', masks)}, ${param('Array(UInt8)', places)}, 0) AS list,
  ${keysOf(query)}, count() AS clicks, ${uniques} AS unique_clicks${more}
${from}
GROUP BY GROUPING SETS (${join(sets, ', ')})`;
}

/** Each list's first `limit` groups, with how many there were. */
function cut(query: StatsQuery, lists: readonly MetricList[], groups: Sql): Sql {
  const names = join(query.groupBy.map(identifier), ', ');
  return sql`SELECT list, ${names}, clicks, unique_clicks, ${COUNT_OF_GROUPS} AS groups,
  ${join(SUMMARY_COLUMNS.map(identifier), ', ')}
FROM
(
${groups}
)${query.limit === undefined ? EMPTY : limitedRows(query, query.limit, lists)}`;
}

const COUNT_OF_GROUPS = sql`count() OVER (PARTITION BY list)`;

/** Keeps the first `limit` rows of each list; time's own list is never cut. */
function limitedRows(query: StatsQuery, limit: number, lists: readonly MetricList[]): Sql {
  return sql`${ranked(query)}
${limitBy(limit, lists)}`;
}

/** @param each what tells the rows apart of which so many are kept */
export function limitBy(limit: number, lists: readonly MetricList[], each: Sql = sql`list`): Sql {
  const timeList = lists.findIndex(isTime) + 1;
  const uncut = timeList === 0 ? EMPTY : sql`, if(list = ${param('UInt8', timeList)}, time, 0)`;
  return sql`LIMIT ${param('UInt32', limit)} BY ${each}${uncut}`;
}

function ranked(query: StatsQuery): Sql {
  return sql`
ORDER BY list, ${rankOf(query)} DESC, ${join(query.groupBy.map(identifier), ', ')}`;
}

function isTime({ dimensions }: MetricList): boolean {
  return dimensions.length === 1 && dimensions[0] === 'time';
}

/** What groups are ordered by: clicks, or visitors where only those were asked for. */
export function rankOf(query: StatsQuery): Sql {
  return query.metrics.includes('clicks') ? sql`clicks` : sql`unique_clicks`;
}

/** The value of `grouping(…)` for a set: one bit a dimension, the first the highest, 1 where the set has it not. */
function groupingMask(all: readonly DimensionName[], set: readonly DimensionName[]): number {
  return all.reduce((mask, name) => mask * 2 + (set.includes(name) ? 0 : 1), 0);
}
