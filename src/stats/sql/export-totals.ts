import { type Statement, subquery } from '../../sql/select.ts';
import { EMPTY, type Sql, identifier, param, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import type { StatsQuery } from '../query.ts';
import type { MetricName } from '../registry/metrics.ts';
import { clicksFrom } from './click-source.ts';
import { filterClicks } from './conditions.ts';
import { countedMetrics, selectSummary } from './numbers.ts';

/** The summary that a row is read with, and that of the period compared with. */
export const TOTALS = sql`totals`;
export const PREVIOUS_TOTALS = sql`previous_totals`;

/** A number of a summary. */
export function totalOf(name: MetricName, query: StatsQuery, totals = TOTALS): Sql {
  return sql`tupleElement(${totals}, ${param('UInt8', countedMetrics(query).indexOf(name) + 1)})`;
}

/** A row's percentage of a summary, as `percentage` has it: in doubles, halves up. */
export function percentageIn(name: MetricName, query: StatsQuery, totals: Sql): Sql {
  const total = totalOf(name, query, totals);
  return sql`if(${total} = 0, 0, floor(${identifier(name)} * 10000 / ${total} + 0.5) / 100)`;
}

/** What goes before the SELECT that reads the totals, where a query of their own counts them. */
export function summaries(plan: Plan): Sql {
  const before = plan.previous && sql`,\n${subquery(summaryOf(plan.previous.counted))} AS previous_totals`;
  return sql`WITH ${subquery(summaryOf(plan))} AS totals${before ?? EMPTY}\n`;
}

function summaryOf(plan: Plan): Statement {
  return selectSummary(filterClicks(clicksFrom(plan.sharding), plan), plan);
}
