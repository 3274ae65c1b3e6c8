import { type Select, type Selection, as, sourceSql } from '../../sql/select.ts';
import { type Sql, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import type { Aggregate } from '../registry/aggregates.ts';
import { METRIC_NAMES, type MetricName, metricOf } from '../registry/metrics.ts';
import { SUMMARY_COLUMNS, TOTAL_NAMES, type TotalName, totalOf } from '../registry/totals.ts';
import { returningVisitors } from './visitor-plan.ts';

/** A metric, or a total of the summary: a column each, or several on a shard. */
export type NumberName = MetricName | TotalName;

/** How a metric or total is counted. */
export function aggregateOf(name: NumberName): Aggregate {
  return isMetric(name) ? metricOf(name).aggregate : totalOf(name).aggregate;
}

function isMetric(name: NumberName): name is MetricName {
  return METRIC_NAMES.some((known) => known === name);
}

/** Selects the metrics that are asked for, in lists; in one pass with the summary all of them, and the totals. */
export function selectMetrics(select: Select, plan: Plan): Select {
  const { query, isOnePass } = plan;
  const metrics = METRIC_NAMES.flatMap((name) =>
    isOnePass || query.metrics.includes(name)
      ? counted(name, metricAggregate(name, select, plan), plan)
      : notCounted(name, plan),
  );
  const totals = TOTAL_NAMES.flatMap((name) =>
    isOnePass ? counted(name, totalOf(name).aggregate, plan) : notCounted(name, plan),
  );
  return { ...select, columns: [...select.columns, ...metrics, ...totals] };
}

/** Selects what a summary is made of. */
export function selectSummary(select: Select, plan: Plan): Select {
  const numbers = SUMMARY_COLUMNS.flatMap((name) => counted(name, aggregateOf(name), plan));
  return { ...select, columns: [...select.columns, ...numbers] };
}

function metricAggregate(name: MetricName, select: Select, { visitorPlan, isOnePass }: Plan): Aggregate {
  const { aggregate, countReturningApart } = metricOf(name);
  if (visitorPlan === 'all-alike' || isOnePass || countReturningApart === undefined) return aggregate;
  const value = countReturningApart(returningVisitors(sourceSql(select)));
  return { ...aggregate, value, parts: { '': value } };
}

/** The columns of a number: on a shard those that it is put together from later. */
function counted(name: string, { value, parts }: Aggregate, { sharding }: Plan): readonly Selection[] {
  if (sharding === undefined) return [as(name, value)];
  return Object.entries(parts).map(([suffix, part]) => as(name + suffix, part));
}

function notCounted(name: NumberName, plan: Plan): readonly Selection[] {
  return counted(name, aggregateOf(name), plan).map((column) => as(column.name, NULL));
}

const NULL: Sql = sql`NULL`;
