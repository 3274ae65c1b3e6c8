import { EMPTY, type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import type { InstantForm } from '../../export/export-format.ts';
import { mapEntries } from '../../lib/names.ts';
import type { StatsQuery } from '../query.ts';
import type { Plan } from '../plan.ts';
import type { DimensionName } from '../registry/dimension-names.ts';
import { type MetricName, metricOf, percentageOf, previousOf } from '../registry/metrics.ts';
import { changeOf } from './change.ts';
import { PREVIOUS_TOTALS, TOTALS, percentageIn, rowsWithTotals } from './compile-export.ts';
import { everyBucket } from './every-bucket.ts';
import { isTimeList } from './lists.ts';
import { isAfterOffset, isShown, placeInList, rankAndNames } from './order.ts';
import { IS_PREVIOUS, PREVIOUS, previousNumber } from './periods.ts';
import { instantText, timeTexts } from './time-text.ts';

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
  const shown = shownColumns(plan, instants);
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

type NamedColumn = readonly [name: string, value: Sql];

function shownColumns(plan: Plan, instants: InstantForm): readonly NamedColumn[] {
  const { query, previous } = plan;
  const placed = placedLists(plan);
  const places = param(
    'Array(UInt8)',
    placed.map(({ place }) => place),
  );
  const names = param(
    'Array(String)',
    placed.map(({ name }) => name),
  );
  const ofLists = (dimension: DimensionName, value: Sql): Sql => {
    const having = placed.filter(({ dimensions }) => dimensions.includes(dimension));
    const listsWith = param(
      'Array(UInt8)',
      having.map(({ place }) => place),
    );
    return sql`if(has(${listsWith}, list), ${value}, NULL)`;
  };
  return [
    ['list', sql`transform(list, ${places}, ${names}, '')`],
    ...query.groupBy.flatMap((name): readonly NamedColumn[] =>
      name === 'time'
        ? Object.entries(timesOf(query, previous?.query, instants)).map(([field, text]) => [
            field,
            ofLists(name, text),
          ])
        : [
            [
              name,
              ofLists(
                name,
                query.other === true ? sql`if(other, NULL, ${identifier(name)})` : identifier(name),
              ),
            ],
          ],
    ),
    ...(query.other === true ? [['other', sql`toBool(ifNull(other, 0))`] as const] : []),
    ...query.metrics.flatMap((name) => metricColumns(name, plan, instants)),
    ...query.metrics.flatMap((name) => comparedColumns(name, plan, instants)),
  ];
}

/** The lists of both periods, by the numbers that rows have of them. */
function placedLists({ lists, previous }: Plan) {
  return [
    ...lists.map(({ dimensions }, index) => ({ dimensions, place: index + 1, name: dimensions.join(',') })),
    ...(previous?.lists ?? []).map(({ dimensions }, index) => ({
      dimensions,
      place: PREVIOUS + index + 1,
      name: `previous_${dimensions.join(',')}`,
    })),
  ];
}

/** A metric, and how much of its period's total it is where it has a percentage. */
function metricColumns(
  name: MetricName,
  { query, previous }: Plan,
  instants: InstantForm,
): readonly NamedColumn[] {
  const { kind, empty, hasPercentage } = metricOf(name);
  const value = kind === 'instant' ? instantOf(query, identifier(name), instants) : identifier(name);
  const own: NamedColumn = [name, sql`if(is_row = 0, ${empty === null ? NULL : ZERO}, ${value})`];
  if (!hasPercentage) return [own];
  const percentage = percentageIn(name, query, TOTALS);
  const ofBoth =
    previous === undefined
      ? percentage
      : sql`if(${IS_PREVIOUS}, ${percentageIn(name, query, PREVIOUS_TOTALS)}, ${percentage})`;
  return [own, [percentageOf(name), sql`if(is_row = 0, 0, ${ofBoth})`]];
}

/** What a metric was in the period compared with, and how it has changed. Rows of that period are compared with none. */
function comparedColumns(
  name: MetricName,
  { query, previous }: Plan,
  instants: InstantForm,
): readonly NamedColumn[] {
  const { kind, empty } = metricOf(name);
  if (query.previous === null) {
    // The table has the same columns, whatever its range.
    return [
      [`${name}_previous`, kind === 'instant' ? NO_INSTANT[instants] : NO_NUMBER[kind]],
      [`${name}_change`, NO_NUMBER.decimal],
    ];
  }
  if (previous === undefined) return [];
  const column = identifier(previousOf(name));
  const before = kind === 'instant' ? instantOf(previous.query, column, instants) : column;
  const nothing =
    kind === 'instant' ? NULL : previousNumber(name, empty === null ? NULL : ZERO, query, sql`time`);
  return [
    [`${name}_previous`, sql`multiIf(${IS_PREVIOUS}, NULL, is_row = 0, ${nothing}, ${before})`],
    [`${name}_change`, sql`if(${IS_PREVIOUS} OR is_row = 0, NULL, ${changeOf(name)})`],
  ];
}

const NO_INSTANT = {
  text: sql`CAST(NULL, 'Nullable(String)')`,
  timestamp: sql`fromUnixTimestamp64Milli(CAST(NULL, 'Nullable(Int64)'), 'UTC')`,
} as const;
const NO_NUMBER = {
  count: sql`CAST(NULL, 'Nullable(UInt64)')`,
  decimal: sql`CAST(NULL, 'Nullable(Float64)')`,
} as const;

const NULL = sql`NULL`;
const ZERO = sql`0`;

/** @param instant Unix milliseconds, or NULL */
function instantOf(query: StatsQuery, instant: Sql, form: InstantForm): Sql {
  return form === 'text' ? instantText(query, instant) : sql`fromUnixTimestamp64Milli(${instant}, 'UTC')`;
}

/** The fields of a bucket, of the period that its row is of. */
function timesOf(
  query: StatsQuery,
  previous: StatsQuery | undefined,
  instants: InstantForm,
): Readonly<Record<string, Sql>> {
  const own = timeTexts(query);
  const before = previous && timeTexts(previous);
  const texts =
    before === undefined
      ? own
      : mapEntries(own, (name) => sql`if(${IS_PREVIOUS}, ${before[name]}, ${own[name]})`);
  return instants === 'text'
    ? texts
    : { ...texts, bucket_start: sql`fromUnixTimestamp64Milli(time * 1000, 'UTC')` };
}
