import { type Select, type Statement, as, columnNames, selectOf } from '../../sql/select.ts';
import { type Sql, identifier, param, sql } from '../../sql/sql.ts';
import type { StatsQuery } from '../parse/query.ts';
import type { Plan } from '../plan.ts';
import { METRIC_NAMES } from '../registry/metrics.ts';
import { isTimeList } from './lists.ts';
import { IS_PREVIOUS } from './periods.ts';

/**
 * Counts each list's groups and keeps the first `limit` of them, by rank and names. A single list stays one flat SELECT:
 * wrapping it in a subquery doubles a link's latency. Time's list by itself is neither counted nor cut nor sorted.
 */
export function limitGroups(statement: Statement, plan: Plan): Select {
  const { query, lists } = plan;
  const rows = statement.kind === 'select' ? statement : selectOf(statement, columnNames(statement));
  if (isOneFlatList(plan) && lists.every(isTimeList)) return withGroups(rows, sql`0`);
  return {
    ...withGroups(rows, sql`count() OVER (PARTITION BY list)`),
    orderBy: [sql`list`, ...rankAndNames(query)],
    limitBy: query.limit === undefined ? undefined : limitBy(query.limit, plan),
  };
}

/** Orders the rows as they are shown: those of lists with time by time first. */
export function orderRows(rows: Statement, plan: Plan): Statement {
  const { query } = plan;
  if (isOneFlatList(plan) || rows.kind === 'union') return rows;
  if (!query.groupBy.includes('time')) return { ...rows, settings: FEWER_STREAMS };
  return {
    ...selectOf(rows, columnNames(rows)),
    orderBy: [sql`list`, sql`time`, ...rankAndNames(query)],
    settings: FEWER_STREAMS,
  };
}

/**
 * The branches run beside each other, and so do the lists of the first. As many streams as cores for each only make more
 * sets of visitors to merge in the end.
 */
const FEWER_STREAMS = sql`max_streams_to_max_threads_ratio = 0.5`;

/**
 * `LIMIT` of each list's groups, which never cuts time's own.
 * @param each what tells the rows apart of which so many are kept
 */
export function limitBy(limit: number, { lists, previous }: Plan, each: Sql = sql`list`): Sql {
  const place = lists.findIndex(isTimeList) + 1;
  const isTime = sql`list = ${param('UInt8', place)}`;
  const isUncut = previous === undefined ? isTime : sql`${isTime} OR ${IS_PREVIOUS}`;
  const uncut = place === 0 ? sql`` : sql`, if(${isUncut}, time, 0)`;
  return sql`${param('UInt32', limit)} BY ${each}${uncut}`;
}

/** Groups are ordered by the first metric that is asked for, then by name. */
export function rankAndNames(query: StatsQuery): readonly Sql[] {
  return [sql`${identifier(rankOf(query))} DESC`, ...query.groupBy.map(identifier)];
}

/** The metric that the groups of a query are ordered by. */
export function rankOf({ metrics }: StatsQuery): string {
  return METRIC_NAMES.find((name) => metrics.includes(name)) ?? METRIC_NAMES[0] ?? '';
}

function withGroups(rows: Select, groups: Sql): Select {
  return { ...rows, columns: [...rows.columns, as('groups', groups)] };
}

/** One list with its summary on one server: one SELECT. */
function isOneFlatList({ isOnePass, previous, sharding }: Plan): boolean {
  return isOnePass && previous === undefined && sharding === undefined;
}
