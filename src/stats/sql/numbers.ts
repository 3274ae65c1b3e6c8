import { type Select, type Selection, as, sourceSql } from '../../sql/select.ts';
import { EMPTY, type Sql, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import { type Aggregate, partColumn } from '../registry/aggregates.ts';
import { METRIC_NAMES, type MetricName, aggregateOf, metricOf, summaryMetrics } from '../registry/metrics.ts';
import type { StatsQuery } from '../parse/query.ts';
import { returningVisitors } from './visitor-plan.ts';

/** The metrics that lists count: those asked for, and what they are ordered by. */
export function listMetrics({ metrics, sort }: Pick<StatsQuery, 'metrics' | 'sort'>): readonly MetricName[] {
  return METRIC_NAMES.filter((name) => metrics.includes(name) || sort?.by === name);
}

/** The metrics that rows have columns for: those of lists, and of every summary. */
export function countedMetrics(query: Pick<StatsQuery, 'metrics' | 'sort'>): readonly MetricName[] {
  return summaryMetrics(listMetrics(query));
}

/** Selects the metrics that are asked for, in lists; in one pass with the summary all that it has. */
export function selectMetrics(select: Select, plan: Plan): Select {
  const { query, isOnePass } = plan;
  const counted = listMetrics(query);
  return selectNumbers(select, plan, (name) =>
    isOnePass || counted.includes(name) ? listAggregate(name, select, plan) : undefined,
  );
}

/** Selects what a summary is made of. */
export function selectSummary(select: Select, plan: Plan): Select {
  return selectNumbers(select, plan, (name) => aggregateOf(name, plan.isFirstClick));
}

/** A metric from the rows of all shards. */
export function mergedMetric(name: MetricName, column: (name: string) => Sql): Selection {
  const merged = aggregateOf(name, EMPTY).merge((part) => column(partColumn(name, part)));
  return as(name, orEmpty(name, merged));
}

/** A column for each metric, NULL where it is not counted; on a shard the columns that it is put together from later. */
function selectNumbers(
  select: Select,
  { query, sharding }: Plan,
  countedAs: (name: MetricName) => Aggregate | undefined,
): Select {
  const numbers = new Map<string, Sql>();
  for (const name of countedMetrics(query)) {
    const counted = countedAs(name);
    if (sharding === undefined) {
      numbers.set(name, counted === undefined ? NULL : orEmpty(name, counted.value));
      continue;
    }
    for (const part of Object.keys(aggregateOf(name, EMPTY).parts)) {
      numbers.set(partColumn(name, part), counted?.parts[part] ?? NULL);
    }
  }
  return { ...select, columns: [...select.columns, ...[...numbers].map(([name, value]) => as(name, value))] };
}

function listAggregate(name: MetricName, select: Select, plan: Plan): Aggregate {
  const { visitorPlan, isOnePass, isFirstClick } = plan;
  const { countReturningApart } = metricOf(name);
  const aggregate = aggregateOf(name, isFirstClick);
  if (visitorPlan === 'all-alike' || isOnePass || countReturningApart === undefined) return aggregate;
  const value = countReturningApart(returningVisitors(sourceSql(select)));
  return { ...aggregate, value, parts: { '': value } };
}

/** A decimal is NULL where no click has a value. */
function orEmpty(name: MetricName, value: Sql): Sql {
  const { kind, empty } = metricOf(name);
  return kind === 'decimal' && empty === 0 ? sql`ifNull(${value}, 0)` : value;
}

const NULL: Sql = sql`NULL`;
