import type { Select } from '../../sql/select.ts';
import type { Plan } from '../plan.ts';
import { filterClicks } from './conditions.ts';
import { groupByLists, selectDimensions } from './lists.ts';
import { selectMetrics } from './numbers.ts';
import { clicksFrom } from './sharding.ts';

/** From the table of clicks to one row a group of each list, all lists in one pass. */
const COUNTING_PASSES: readonly ((select: Select, plan: Plan) => Select)[] = [
  filterClicks,
  selectDimensions,
  selectMetrics,
  groupByLists,
];

/** The groups of all lists of a plan, of the clicks of one server. */
export function countGroups(plan: Plan): Select {
  return COUNTING_PASSES.reduce((select, pass) => pass(select, plan), clicksFrom(plan.sharding));
}
