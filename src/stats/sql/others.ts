import {
  type Select,
  type Selection,
  type Statement,
  as,
  named,
  selectFrom,
  statementSql,
  subquery,
} from '../../sql/select.ts';
import { EMPTY, type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import type { StatsQuery } from '../query.ts';
import type { Plan } from '../plan.ts';
import { type MetricName, previousOf } from '../registry/metrics.ts';
import { countGroups } from './count.ts';
import { isOfTimeList } from './list-columns.ts';
import { countedMetrics, listMetrics, metricFrom, partColumns } from './numbers.ts';
import { FEWER_STREAMS, isAfterOffset, placeInList, rankAndNames, rankOf } from './order.ts';
import {
  HAS_BUCKET,
  IS_PREVIOUS,
  addPreviousPeriod,
  placeRows,
  placedKeys,
  previousNumber,
} from './both-periods.ts';
import { onEachShard } from './click-source.ts';
import { addSummary } from './summary-row.ts';

/*
 * With `other`, a last row of each list (in a list with time, of each bucket) combines the groups that are not shown. Distinct visitors
 * and percentiles of groups cannot be added up, so rows carry aggregate states until it is known which groups are shown.
 */

/** The prefix of the columns with a period's aggregate states. */
type Period = 'part' | 'part_previous';

/** Turns the rows of all shards and both periods into the rows that are shown, in their order, and the summaries. */
export function uniteOthers(rows: Statement, plan: Plan): Select {
  return unite(rank(combine(rows, plan), plan), plan);
}

/** The same, from a plan. */
export function shownAndOthers(plan: Plan): Select {
  return uniteOthers(addPreviousPeriod(addSummary(countGroups(plan), plan), plan), plan);
}

/** One row for each group, with its aggregate states in both periods and the numbers that it is ranked by. */
function combine(rows: Statement, plan: Plan): Select {
  const { query, previous } = plan;
  const hasTime = query.groupBy.includes('time');
  const isMatch = previous && sql`is_match`;
  const isNow = previous && sql`NOT is_match`;
  const parts = partColumns(query);
  const names = parts.map(({ name }) => name);
  const groups = rowsOfAll(rows, plan, names);
  // Qualified with the table's name; otherwise an alias of the same name would be used instead of the column.
  const numberOf = (name: MetricName, condition: Sql | undefined): Sql =>
    metricFrom(name, query, (column, part) => part.combine(sql`placed.${identifier(column)}`, condition));
  const combined = (period: Period, condition: Sql | undefined): readonly Selection[] =>
    parts.map(({ name, part }) =>
      as(`${period}_${name}`, part.combine(sql`placed.${identifier(name)}`, condition)),
    );
  const numbers = rankMetrics(query).map((name) => as(name, numberOf(name, isNow)));
  const ranked = rankOf(query);
  const before =
    previous !== undefined && query.sort?.by === 'change'
      ? [as(previousOf(ranked), previousNumber(ranked, numberOf(ranked, isMatch), query, sql`at`))]
      : [];
  const own = [...numbers, ...combined('part', isNow)];
  if (previous === undefined) {
    const keys = ['list', ...query.groupBy];
    return {
      ...selectFrom(sql`${subquery(groups)} AS placed`),
      columns: [...keys.map(named), as('is_now', sql`1`), ...own],
      groupBy: join(keys.map(identifier), ', '),
    };
  }
  return {
    ...selectFrom(sql`${subquery(placeRows(groups, plan, names))} AS placed`),
    columns: [
      as('list', sql`place`),
      ...query.groupBy.map((name) => (name === 'time' ? as(name, sql`at`) : named(name))),
      as('is_now', sql`countIf(NOT is_match) > 0`),
      ...own,
      ...before,
      ...combined('part_previous', isMatch),
    ],
    groupBy: join(placedKeys(query).map(identifier), ', '),
    having: hasTime ? HAS_BUCKET : undefined,
  };
}

/** The rows of every shard. */
function rowsOfAll(rows: Statement, { query, sharding }: Plan, parts: readonly string[]): Statement {
  if (sharding === undefined) return rows;
  return {
    ...selectFrom(onEachShard(sharding, statementSql(rows))),
    columns: ['list', ...query.groupBy, ...parts].map(named),
  };
}

/** The metrics that groups are ordered by. */
function rankMetrics(query: StatsQuery): readonly MetricName[] {
  return listMetrics(query).filter((name) => name === rankOf(query) || name === query.sort?.by);
}

/**
 * Ranks the groups. A group that has clicks only in the period compared with is not shown by itself; it belongs to the other row, if
 * the range has one.
 */
function rank(rows: Select, plan: Plan): Select {
  const { query, lists } = plan;
  const { offset = 0, limit } = query;
  if (limit === undefined) throw new Error('Without a limit there are no others.');
  const isTime = isOfTimeList(lists);
  const isList = sql`list != 0 AND NOT ${IS_PREVIOUS}${isTime === undefined ? EMPTY : sql` AND NOT ${isTime}`}`;
  return {
    ...selectFrom(subquery(rows)),
    columns: [
      as('*', sql`*`),
      as('place', placeInList(query, sql`list`, [sql`is_now DESC`, ...rankAndNames(query)])),
      as('groups', sql`countIf(is_now) OVER (PARTITION BY list)`),
      as('is_other', sql`${isList} AND (NOT is_now OR place > ${param('UInt64', offset + limit)})`),
    ],
    // The first group is kept, since its row has the number of groups of its list.
    qualify: offset === 0 ? undefined : sql`place = 1 OR ${isAfterOffset(plan)}`,
  };
}

function unite(rows: Select, { query, previous }: Plan): Select {
  const column = (name: string): Sql => sql`ranked.${identifier(name)}`;
  const numberOf = (name: MetricName, period: Period): Sql =>
    metricFrom(name, query, (part, { combine: again }) => again(column(`${period}_${part}`)));
  const hasTime = query.groupBy.includes('time');
  const keys = ['list', 'is_other', ...query.groupBy];
  return {
    ...selectFrom(sql`${subquery(rows)} AS ranked`),
    columns: [
      named('list'),
      ...query.groupBy.map((name) =>
        name === 'time' ? named(name) : as(name, sql`if(is_other, '', ${column(name)})`),
      ),
      ...countedMetrics(query).map((name) => as(name, numberOf(name, 'part'))),
      ...(previous === undefined
        ? []
        : query.metrics.map((name) =>
            as(previousOf(name), previousNumber(name, numberOf(name, 'part_previous'), query, sql`time`)),
          )),
      as('other', sql`is_other`),
      as('groups', sql`any(${column('groups')})`),
      as('place', sql`min(${column('place')})`),
    ],
    groupBy: join(keys.map(identifier), ', '),
    having: sql`NOT is_other OR max(is_now)`,
    orderBy: [sql`list`, ...(hasTime ? [sql`time`] : []), sql`other`, ...rankAndNames(query)],
    settings: FEWER_STREAMS,
  };
}
