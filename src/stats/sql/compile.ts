import { type Statement, columnNames, statementSql } from '../../sql/select.ts';
import type { Sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import { countGroups } from './count.ts';
import { limitGroups, orderRows } from './order.ts';
import { uniteOthers } from './others.ts';
import { addPreviousPeriod, matchPeriods } from './both-periods.ts';
import { mergeShards } from './sharding.ts';
import { addSummary } from './summary-row.ts';

type Pass = (statement: Statement, plan: Plan) => Statement;

/** The passes from the groups of all lists to the rows of a stats result. */
const PASSES: readonly Pass[] = [
  addSummary,
  addPreviousPeriod,
  mergeShards,
  matchPeriods,
  limitGroups,
  orderRows,
];

/** The passes with `other`, where a last row of each list combines the groups that are cut off. */
const PASSES_WITH_OTHERS: readonly Pass[] = [addSummary, addPreviousPeriod, uniteOthers];

/**
 * Compiles a plan into one SQL query, so that a stats result comes from one consistent view of the clicks. The columns of its rows are
 * those of `columnsOf`.
 */
export function compile(plan: Plan): Sql {
  return statementSql(statementOf(plan));
}

/**
 * The columns of a compiled query's rows, in order: `list` (0 for the summary, else the list's place counted from 1), the
 * dimensions asked for (blank where a list has them not; `time` in Unix seconds), the metrics, the summary's totals
 * (instants in Unix milliseconds) and `groups`, how many its list has. Where they are asked for, `other` is 1 in rows that
 * unite groups.
 */
export function columnsOf(plan: Plan): readonly string[] {
  return columnNames(statementOf(plan));
}

function statementOf(plan: Plan): Statement {
  const passes = plan.query.other === true ? PASSES_WITH_OTHERS : PASSES;
  return passes.reduce<Statement>((statement, pass) => pass(statement, plan), countGroups(plan));
}
