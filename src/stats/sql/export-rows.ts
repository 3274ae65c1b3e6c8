import { type Statement, subquery } from '../../sql/select.ts';
import { EMPTY, type Sql, identifier, join, param, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import { summaries } from './export-totals.ts';
import { blankDimensions } from './list-columns.ts';
import { countedMetrics, listMetrics } from './numbers.ts';
import { shownAndOthers } from './others.ts';
import { PREVIOUS, groupsOfBoth, mergedOfBoth, previousColumns } from './both-periods.ts';

/** The groups of all lists and the delimiters (`is_row` is 0), and what goes before the SELECT that reads the totals. */
export function rowsWithTotals(plan: Plan): { readonly totals: Sql; readonly rows: Sql } {
  const isOneRead = plan.query.other === true || plan.sharding !== undefined;
  return isOneRead
    ? { totals: EMPTY, rows: rowsOfOneRead(plan) }
    : { totals: summaries(plan), rows: serverRows(plan) };
}

/** The groups of all lists and the delimiters; the totals come of a query before. */
function serverRows(plan: Plan): Sql {
  return rowsAndDelimiters(groupsOfBoth(plan), plan, [...listMetrics(plan.query), ...previousColumns(plan)]);
}

/** The same, each row with the totals: clicks are read once, so that these are of the view that the groups are of. */
function rowsOfOneRead(plan: Plan): Sql {
  const withOthers = plan.query.other === true;
  const merged = withOthers ? shownAndOthers(plan) : mergedOfBoth(plan);
  // The groups of a single list have totals of their own.
  const totalsOf = (list: number): Sql => {
    // Not its delimiter, in which numbers stand that are there for their type alone.
    const isSummary = sql`list = ${param('UInt8', list)} AND is_row = 1`;
    const totals = countedMetrics(plan.query).map(
      (name) => sql`maxIf(${identifier(name)}, ${isSummary}) OVER ()`,
    );
    return sql`tuple(${join(totals, ', ')})`;
  };
  const before = plan.previous && sql`, ${totalsOf(PREVIOUS)} AS previous_totals`;
  const { query } = plan;
  const further = [...previousColumns(plan), ...(withOthers ? ['other', 'groups', 'place'] : [])];
  const numbers = [...listMetrics(query), ...further];
  const shown = ['list', 'is_row', ...numbers, ...query.groupBy].map(identifier);
  return sql`SELECT ${join(shown, ', ')}, ${totalsOf(0)} AS totals${before ?? EMPTY}
FROM
(
${rowsAndDelimiters(merged, plan, [...countedMetrics(query), ...further])}
)
QUALIFY list NOT IN (0, ${param('UInt8', PREVIOUS)}) OR is_row = 0`;
}

/** Rows with some numbers, and the delimiters: the summary's first, as list 0, and the end's last. */
function rowsAndDelimiters(rows: Statement, plan: Plan, numbers: readonly string[]): Sql {
  const { query, lists, previous } = plan;
  const names = join([...query.groupBy, ...numbers].map(identifier), ', ');
  const blanks = [
    ...blankDimensions(query).map(({ expression }) => expression),
    ...numbers.map((name) => (listMetrics(query).some((metric) => metric === name) ? sql`0` : sql`NULL`)),
  ];
  const before = previous?.lists ?? [];
  const places = [
    0,
    ...lists.map((_, index) => index + 1),
    ...before.map((_, index) => PREVIOUS + index + 1),
    endOf(plan),
  ];
  return sql`SELECT list, toUInt8(1) AS is_row, ${names}
FROM
${subquery(rows)}
UNION ALL
SELECT arrayJoin(${param('Array(UInt8)', places)}), 0, ${join(blanks, ', ')}`;
}

/** The position after all lists. */
export function endOf({ lists, previous }: Plan): number {
  return (previous === undefined ? lists.length : PREVIOUS + previous.lists.length) + 1;
}
