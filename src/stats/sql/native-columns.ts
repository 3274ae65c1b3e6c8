import type { InstantForm } from '../../export/export-format.ts';
import { mapEntries } from '../../lib/names.ts';
import { type Sql, identifier, param, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import type { StatsQuery } from '../query.ts';
import type { DimensionName } from '../registry/dimension-names.ts';
import { type MetricName, metricOf, percentageOf, previousOf } from '../registry/metrics.ts';
import { changeOf } from './change-expression.ts';
import { PREVIOUS_TOTALS, TOTALS, percentageIn } from './export-totals.ts';
import { IS_PREVIOUS, PREVIOUS, previousNumber } from './both-periods.ts';
import { instantText, timeTexts } from './time-text.ts';

type NamedColumn = readonly [name: string, value: Sql];

/** The columns of the table, in order. @param instants how instants are written */
export function nativeColumns(plan: Plan, instants: InstantForm): readonly NamedColumn[] {
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
