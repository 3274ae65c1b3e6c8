import { type Select, type Statement, as, unionOf } from '../../sql/select.ts';
import { sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import { filterClicks } from './conditions.ts';
import { blankDimensions } from './list-columns.ts';
import { selectSummary } from './numbers.ts';
import { clicksFrom } from './click-source.ts';

/**
 * Puts the summary beside the lists, as list 0. Its totals would be counted for every group of several lists, so that a
 * branch of its own is faster; a single list has brought it along.
 */
export function addSummary(groups: Statement, plan: Plan): Statement {
  if (plan.isOnePass) return groups;
  return plan.lists.length === 0 ? summaryOf(plan) : unionOf(groups, summaryOf(plan));
}

function summaryOf(plan: Plan): Select {
  const clicks = filterClicks(clicksFrom(plan.sharding), plan);
  const columns = [as('list', sql`toUInt8(0)`), ...blankDimensions(plan.query)];
  return selectSummary({ ...clicks, columns }, plan);
}
