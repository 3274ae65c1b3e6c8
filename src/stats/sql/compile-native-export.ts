import { subquery } from '../../sql/select.ts';
import { EMPTY, type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import { shownValue } from './compile-export.ts';
import { countGroups } from './count.ts';
import { limitBy, rankAndNames } from './order.ts';
import { mergeShards } from './sharding.ts';
import { addSummary } from './summary.ts';
import { timeTexts } from './time-text.ts';

/**
 * An export as one table, for a format that ClickHouse writes itself: a row for each group of each list, in order, with
 * the list's dimensions in `list`, then a column for each dimension, empty where the list does not have it, and one for
 * each metric. Time buckets without clicks have no row.
 */
export function compileNativeExport(plan: Plan): Sql {
  const { query, lists, sharding } = plan;
  const rows =
    sharding === undefined
      ? countGroups({ ...plan, isOnePass: false })
      : mergeShards(addSummary(countGroups(plan), plan), plan);
  const rank = join(rankAndNames(query), ', ');
  const limited =
    query.limit === undefined ? EMPTY : sql`\nORDER BY list, ${rank}\nLIMIT ${limitBy(query.limit, plan)}`;
  const dimensions = query.groupBy.flatMap((name) => (name === 'time' ? ['time', 'bucket_start'] : [name]));
  const shown = ['list', ...dimensions, ...query.metrics];
  // Two steps, because ClickHouse would take an alias `time` for the column in the expressions beside it.
  return sql`SELECT ${join(
    shown.map((name) => named(identifier(`shown_${name}`), name)),
    ', ',
  )}
FROM
(
SELECT ${join(shownColumns(plan), ', ')}
FROM
(
SELECT * FROM
${subquery(rows)}
WHERE list > 0${limited}
)
ORDER BY list, ${lists.some((list) => list.dimensions.includes('time')) ? sql`time, ` : EMPTY}${rank}
)`;
}

function shownColumns({ query, lists }: Plan): readonly Sql[] {
  const places = param(
    'Array(UInt8)',
    lists.map((_, index) => index + 1),
  );
  const names = param(
    'Array(String)',
    lists.map(({ dimensions }) => dimensions.join(',')),
  );
  const withTime = lists.flatMap(({ dimensions }, index) => (dimensions.includes('time') ? [index + 1] : []));
  const hasTime = sql`has(${param('Array(UInt8)', withTime)}, list)`;
  const times = query.groupBy.includes('time') ? Object.entries(timeTexts(query)) : [];
  return [
    named(sql`transform(list, ${places}, ${names}, '')`, 'shown_list'),
    ...times.map(([name, text]) => named(sql`if(${hasTime}, ${text}, '')`, `shown_${name}`)),
    ...query.groupBy
      .filter((name) => name !== 'time')
      .map((name) => named(identifier(name), `shown_${name}`)),
    ...query.metrics.map((name) => named(shownValue(name), `shown_${name}`)),
  ];
}

function named(expression: Sql, name: string): Sql {
  return sql`${expression} AS ${identifier(name)}`;
}
