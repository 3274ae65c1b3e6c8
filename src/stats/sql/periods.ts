import { type Select, type Selection, type Statement, as, unionOf } from '../../sql/select.ts';
import { type Sql, param, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import type { StatsQuery } from '../parse/query.ts';
import { countGroups } from './count.ts';
import { blankDimensions } from './lists.ts';
import { mergeShards } from './sharding.ts';
import { addSummary } from './summary.ts';

/** What is added to the places of the lists of the period before. */
export const PREVIOUS = 100;

/** Which period a row is of, and its list's place in it. */
export function periodOf(place: number): { readonly isPrevious: boolean; readonly list: number } {
  return { isPrevious: place >= PREVIOUS, list: place % PREVIOUS };
}

/** Whether a row is of a list of the period before, which can only be time's. */
export const IS_PREVIOUS: Sql = sql`list > ${param('UInt8', PREVIOUS)}`;

/** Puts the rows of the period before beside, in the same columns: two periods of one query are of one view. */
export function addPreviousPeriod(rows: Statement, { query, previous }: Plan): Statement {
  if (previous === undefined) return rows;
  return besidePrevious(rows, query, addSummary(countGroups(previous), previous));
}

/** The groups of all lists of one server, without a summary; those of the period before beside them. */
export function groupsOfBoth(plan: Plan): Statement {
  const { query, previous } = plan;
  const groups = countGroups({ ...plan, isOnePass: false });
  if (previous === undefined || previous.lists.length === 0) return groups;
  return besidePrevious(groups, query, countGroups({ ...previous, isOnePass: false }));
}

/** The groups and summaries of both periods, of all shards. */
export function mergedOfBoth(plan: Plan): Statement {
  return mergeShards(addPreviousPeriod(addSummary(countGroups(plan), plan), plan), plan);
}

/** Rows of a query, and beside them those of its period before, which have fewer dimensions. */
function besidePrevious(rows: Statement, query: StatsQuery, before: Statement): Statement {
  const blanks = blankDimensions(query);
  return unionOf(
    rows,
    ...unionOf(before).branches.map((branch): Select => {
      const [list, ...others] = branch.columns;
      const dimensions = blanks.map((blank) => others.find(({ name }) => name === blank.name) ?? blank);
      const numbers = others.filter(({ name }) => !blanks.some((blank) => name === blank.name));
      return { ...branch, columns: [...moved(list), ...dimensions, ...numbers] };
    }),
  );
}

function moved(list: Selection | undefined): readonly Selection[] {
  if (list === undefined) return [];
  return [as('list', sql`toUInt8((${list.expression}) + ${param('UInt8', PREVIOUS)})`)];
}
