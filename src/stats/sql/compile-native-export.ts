import { subquery } from '../../sql/select.ts';
import { EMPTY, type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import { mapEntries } from '../../lib/names.ts';
import type { StatsQuery } from '../parse/query.ts';
import type { Plan } from '../plan.ts';
import { comparedValues, shownValue } from './compile-export.ts';
import { shownAndOthers } from './others.ts';
import { isAfterOffset, isShown, placeInList, rankAndNames } from './order.ts';
import { IS_PREVIOUS, PREVIOUS, groupsOfBoth, mergedOfBoth } from './periods.ts';
import { timeTexts } from './time-text.ts';

/**
 * An export as one table, for a format that ClickHouse writes itself: a row for each group of each list, in order, with
 * the list's dimensions in `list`, then a column for each dimension, empty where the list does not have it, and one for
 * each metric. Time buckets without clicks have no row. The time list of the period before is `previous_time`.
 */
export function compileNativeExport(plan: Plan): Sql {
  const { query, lists, sharding } = plan;
  const withOthers = query.other === true;
  const rows = withOthers
    ? shownAndOthers(plan)
    : sharding === undefined
      ? groupsOfBoth(plan)
      : mergedOfBoth(plan);
  const rank = join(rankAndNames(query), ', ');
  // Others are what is cut already, but for the first group of a list.
  const isUncut = query.limit === undefined && query.offset === undefined;
  const place = isUncut || withOthers ? EMPTY : sql`, ${placeInList(query)} AS place`;
  const cut = isUncut
    ? EMPTY
    : withOthers
      ? sql`\nAND (${isAfterOffset(plan)})`
      : sql`\nQUALIFY ${isShown(plan)}`;
  const dimensions = query.groupBy.flatMap((name) => (name === 'time' ? ['time', 'bucket_start'] : [name]));
  const flags = withOthers ? ['other'] : [];
  const shown = [
    'list',
    ...dimensions,
    ...flags,
    ...query.metrics,
    ...comparedColumns(plan).map(([name]) => name),
  ];
  // Two steps, because ClickHouse would take an alias `time` for the column in the expressions beside it.
  return sql`SELECT ${join(
    // The columns' names are what the file's readers see.
    shown.map((name) => sql`${identifier(`shown_${name}`)} AS ${param('Identifier', name)}`),
    ', ',
  )}
FROM
(
SELECT ${join(shownColumns(plan), ', ')}
FROM
(
SELECT *${place} FROM
${subquery(rows)}
WHERE list NOT IN (0, ${param('UInt8', PREVIOUS)})${cut}
)
ORDER BY list, ${lists.some((list) => list.dimensions.includes('time')) ? sql`time, ` : EMPTY}${withOthers ? sql`other, ` : EMPTY}${rank}
)`;
}

/** What each metric was in the period compared with, and how it has changed. */
function comparedColumns({ query, previous }: Plan): readonly (readonly [name: string, value: Sql])[] {
  if (previous === undefined) return [];
  return query.metrics.flatMap((metric) =>
    Object.entries(comparedValues(metric, previous)).map(
      ([name, value]) => [`${metric}_${name}`, value] as const,
    ),
  );
}

function shownColumns(plan: Plan): readonly Sql[] {
  const { query, lists, previous } = plan;
  const placed = [
    ...lists.map(({ dimensions }, index) => ({ dimensions, place: index + 1, before: '' })),
    ...(previous?.lists ?? []).map(({ dimensions }, index) => ({
      dimensions,
      place: PREVIOUS + index + 1,
      before: 'previous_',
    })),
  ];
  const places = param(
    'Array(UInt8)',
    placed.map(({ place }) => place),
  );
  const names = param(
    'Array(String)',
    placed.map(({ dimensions, before }) => before + dimensions.join(',')),
  );
  const withTime = placed.flatMap(({ dimensions, place }) => (dimensions.includes('time') ? [place] : []));
  const hasTime = sql`has(${param('Array(UInt8)', withTime)}, list)`;
  const times = query.groupBy.includes('time') ? Object.entries(timesOf(query, previous?.query)) : [];
  return [
    named(sql`transform(list, ${places}, ${names}, '')`, 'shown_list'),
    ...times.map(([name, text]) => named(sql`if(${hasTime}, ${text}, '')`, `shown_${name}`)),
    ...query.groupBy
      .filter((name) => name !== 'time')
      .map((name) => named(identifier(name), `shown_${name}`)),
    ...(query.other === true ? [named(sql`toBool(other)`, 'shown_other')] : []),
    ...query.metrics.map((name) => named(shownValue(name, query), `shown_${name}`)),
    // Rows of the period compared with are compared with none.
    ...comparedColumns(plan).map(([name, value]) =>
      named(sql`if(${IS_PREVIOUS}, NULL, ${value})`, `shown_${name}`),
    ),
  ];
}

/** The fields of a bucket, of the period that its row is of. */
function timesOf(query: StatsQuery, previous: StatsQuery | undefined): Readonly<Record<string, Sql>> {
  const own = timeTexts(query);
  if (previous === undefined) return own;
  const before = timeTexts(previous);
  return mapEntries(own, (name) => sql`if(${IS_PREVIOUS}, ${before[name]}, ${own[name]})`);
}

function named(expression: Sql, name: string): Sql {
  return sql`${expression} AS ${identifier(name)}`;
}
