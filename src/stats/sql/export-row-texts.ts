import { splitBefore } from '../../lib/row-template.ts';
import { EMPTY, type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import type { Plan, PreviousPlan } from '../plan.ts';
import type { StatsQuery } from '../query.ts';
import { type MetricName, metricOf, percentageOf, previousOf } from '../registry/metrics.ts';
import { changeOf } from './change-expression.ts';
import { type RowOf, exportLists } from './export-lists.ts';
import { TOTALS, percentageIn } from './export-totals.ts';
import { isTimeList } from '../metric-lists.ts';
import { IS_PREVIOUS } from './both-periods.ts';
import { rowText } from './row-text.ts';
import { instantText, timeTexts } from './time-text.ts';

/**
 * The text of a row: what its list writes of its dimensions, then what its metric writes. So there are as many branches as
 * lists and metrics, not as many as there are pairs of them.
 */
export function rowTexts({ query, previous, lists }: Plan, rowOf: RowOf): Sql {
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
