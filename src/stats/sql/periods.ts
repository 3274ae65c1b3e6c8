import { type Select, type Selection, type Statement, as, unionOf } from '../../sql/select.ts';
import { type Sql, param, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import { countGroups } from './count.ts';
import { blankDimensions } from './lists.ts';
import { addSummary } from './summary.ts';

/** What is added to the places of the lists of the period before. */
const PREVIOUS = 100;

/** Which period a row is of, and its list's place in it. */
export function periodOf(place: number): { readonly isPrevious: boolean; readonly list: number } {
  return { isPrevious: place >= PREVIOUS, list: place % PREVIOUS };
}

/** Whether a row is of a list of the period before, which can only be time's. */
export const IS_PREVIOUS: Sql = sql`list > ${param('UInt8', PREVIOUS)}`;

/** Puts the rows of the period before beside, in the same columns: two periods of one query are of one view. */
export function addPreviousPeriod(rows: Statement, { query, previous }: Plan): Statement {
  if (previous === undefined) return rows;
  const blanks = blankDimensions(query);
  const { branches } = unionOf(addSummary(countGroups(previous), previous));
  return unionOf(
    rows,
    ...branches.map((branch): Select => {
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
