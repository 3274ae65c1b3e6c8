import { type Select, as, sourceSql } from '../../sql/select.ts';
import { EMPTY, type Sql, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import { type Aggregate, type Part, added, partColumn } from '../registry/aggregates.ts';
import { METRIC_NAMES, type MetricName, aggregateOf, metricOf, summaryMetrics } from '../registry/metrics.ts';
import type { StatsQuery } from '../query.ts';
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

/** A column that rows have where groups are combined from them. */
export interface PartColumn {
  readonly name: string;
  readonly part: Part;
}

/** The columns that a query's metrics are combined from. */
export function partColumns(query: StatsQuery): readonly PartColumn[] {
  const parts = countedMetrics(query).flatMap((name) =>
    Object.entries(aggregateOf(name, EMPTY).parts).map(
      ([suffix, part]) => [partColumn(name, suffix), partFor(query, part)] as const,
    ),
  );
  return Array.from(new Map(parts), ([name, part]) => ({ name, part }));
}

/** A metric combined from rows. @param combined a column of theirs, of all of them */
export function metricFrom(
  name: MetricName,
  query: Pick<StatsQuery, 'other'>,
  combined: (column: string, part: Part) => Sql,
): Sql {
  const { parts, from } = aggregateOf(name, EMPTY);
  const read = (suffix: string): Sql => {
    const { [suffix]: part } = parts;
    if (part === undefined) throw new Error('A metric lacks a part of it.');
    const own = partFor(query, part);
    return own.read(combined(partColumn(name, suffix), own));
  };
  return orEmpty(name, from(read));
}

function partFor({ other = false }: Pick<StatsQuery, 'other'>, part: Part): Part {
  return other ? (part.ofGroups ?? part) : part;
}

/**
 * A column for each metric, NULL where it is not counted; if rows are combined later, the columns that it is put
 * together from.
 */
function selectNumbers(
  select: Select,
  { query, sharding }: Plan,
  countedAs: (name: MetricName) => Aggregate | undefined,
): Select {
  const { other = false } = query;
  const numbers = new Map<string, Sql>();
  for (const name of countedMetrics(query)) {
    const counted = countedAs(name);
    if (sharding === undefined && !other) {
      numbers.set(name, counted === undefined ? NULL : orEmpty(name, counted.value));
      continue;
    }
    for (const [suffix, known] of Object.entries(aggregateOf(name, EMPTY).parts)) {
      const part = counted?.parts[suffix];
      const column = part === undefined ? partFor(query, known).absent : partFor(query, part).counted;
      numbers.set(partColumn(name, suffix), column);
    }
  }
  return { ...select, columns: [...select.columns, ...[...numbers].map(([name, value]) => as(name, value))] };
}

function listAggregate(name: MetricName, select: Select, plan: Plan): Aggregate {
  const { visitorPlan, isOnePass, isFirstClick } = plan;
  const { countReturningApart } = metricOf(name);
  const aggregate = aggregateOf(name, isFirstClick);
  if (visitorPlan === 'all-alike' || isOnePass || countReturningApart === undefined) return aggregate;
  return added(countReturningApart(returningVisitors(sourceSql(select))));
}

/** A decimal is NULL where no click has a value. */
function orEmpty(name: MetricName, value: Sql): Sql {
  const { kind, empty } = metricOf(name);
  return kind === 'decimal' && empty === 0 ? sql`ifNull(${value}, 0)` : value;
}

const NULL: Sql = sql`NULL`;
