import { type Select, type Statement, unionOf } from '../../sql/select.ts';
import type { Plan } from '../plan.ts';
import { filterClicks } from './conditions.ts';
import { groupByLists, joinValues, selectDimensions, uniteClocks } from './list-columns.ts';
import { listsByRows } from '../metric-lists.ts';
import type { MetricList } from '../query.ts';
import { selectMetrics } from './numbers.ts';
import { clicksFrom } from './click-source.ts';

/** From the table of clicks to one row a group of each list, lists of the same rows in one pass. */
const COUNTING_PASSES: readonly ((select: Select, plan: Plan, lists: readonly MetricList[]) => Select)[] = [
  joinValues,
  filterClicks,
  selectDimensions,
  selectMetrics,
  groupByLists,
  uniteClocks,
];

/** The groups of all lists of a plan, of the clicks of one server. */
export function countGroups(plan: Plan): Statement {
  const count = (lists: readonly MetricList[]): Select =>
    COUNTING_PASSES.reduce((select, pass) => pass(select, plan, lists), clicksFrom(plan.sharding));
  const [first, ...others] = listsByRows(plan.lists).map(count);
  return first === undefined || others.length === 0 ? (first ?? count([])) : unionOf(first, ...others);
}
