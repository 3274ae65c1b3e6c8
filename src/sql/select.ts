import { type Sql, identifier, join, param, sql } from './sql.ts';

/** A column of a SELECT. Its name is part of it, so that it cannot be forgotten. */
export interface Selection {
  readonly name: string;
  readonly expression: Sql;
  /**
   * A constant in place of a column, in a later branch of a union. It has no alias there: ClickHouse would take that for the
   * column of the same name in the branch's WHERE.
   */
  readonly isBlank?: boolean;
}

/** One SELECT, clause by clause. */
export interface Select {
  readonly kind: 'select';
  readonly columns: readonly Selection[];
  readonly from: Sql;
  /** All of them hold. */
  readonly where: readonly Sql[];
  readonly groupBy?: Sql | undefined;
  readonly having?: Sql | undefined;
  /** Holds for the rows that are kept, once they are grouped and windows are counted. */
  readonly qualify?: Sql | undefined;
  readonly orderBy: readonly Sql[];
  readonly limitBy?: Sql | undefined;
  readonly limit?: RowLimit | undefined;
  readonly settings?: Sql | undefined;
}

/** Rows that are kept, after those that are passed over. */
export interface RowLimit {
  readonly rows: number;
  readonly offset?: number;
}

/** SELECTs with the same columns in the same order, the first one's names. */
export interface Union {
  readonly kind: 'union';
  readonly branches: readonly Select[];
}

export type Statement = Select | Union;

/** An empty SELECT from a table. */
export function selectFrom(from: Sql): Select {
  return { kind: 'select', columns: [], from, where: [], orderBy: [] };
}

/** A SELECT of some columns of a statement. */
export function selectOf(statement: Statement, names: readonly string[]): Select {
  return { ...selectFrom(subquery(statement)), columns: names.map(named) };
}

/** An expression under a name. */
export function as(name: string, expression: Sql): Selection {
  return { name, expression };
}

/** A column by its own name. */
export function named(name: string): Selection {
  return { name, expression: identifier(name) };
}

/** All columns of what is read. */
export const ALL_COLUMNS: Selection = { name: '*', expression: sql`*` };

/** A constant where another branch of a union has a column. */
export function blank(name: string, expression: Sql): Selection {
  return { name, expression, isBlank: true };
}

/** The names of a statement's columns, in order. */
export function columnNames(statement: Statement): readonly string[] {
  const first = statement.kind === 'select' ? statement : statement.branches[0];
  return first?.columns.map(({ name }) => name) ?? [];
}

/** The SELECTs of some statements as one union. */
export function unionOf(...statements: readonly Statement[]): Union {
  return {
    kind: 'union',
    branches: statements.flatMap((one) => (one.kind === 'union' ? one.branches : [one])),
  };
}

/** The text of a statement, a clause and a column a line. */
export function statementSql(statement: Statement): Sql {
  if (statement.kind === 'union') return join(statement.branches.map(statementSql), '\nUNION ALL\n');
  const { columns, orderBy, groupBy, having, qualify, limitBy, limit, settings } = statement;
  const clauses = [
    sql`SELECT\n${join(columns.map(selectionSql), ',\n')}`,
    sourceSql(statement),
    ...(groupBy === undefined ? [] : [sql`GROUP BY ${groupBy}`]),
    ...(having === undefined ? [] : [sql`HAVING ${having}`]),
    ...(qualify === undefined ? [] : [sql`QUALIFY ${qualify}`]),
    ...(orderBy.length === 0 ? [] : [sql`ORDER BY ${join(orderBy, ', ')}`]),
    ...(limitBy === undefined ? [] : [sql`LIMIT ${limitBy}`]),
    ...(limit === undefined ? [] : [limitSql(limit)]),
    ...(settings === undefined ? [] : [sql`SETTINGS ${settings}`]),
  ];
  return join(clauses, '\n');
}

function limitSql({ rows, offset = 0 }: RowLimit): Sql {
  const limit = sql`LIMIT ${param('UInt64', rows)}`;
  return offset === 0 ? limit : sql`${limit} OFFSET ${param('UInt64', offset)}`;
}

/** What a SELECT reads: `FROM … WHERE …`. */
export function sourceSql({ from, where }: Pick<Select, 'from' | 'where'>): Sql {
  return where.length === 0 ? sql`FROM ${from}` : sql`FROM ${from}\nWHERE ${join(where, '\nAND ')}`;
}

/** A statement in parentheses, to be read from. */
export function subquery(statement: Statement): Sql {
  return sql`(\n${statementSql(statement)}\n)`;
}

function selectionSql({ name, expression, isBlank = false }: Selection): Sql {
  const isColumn = expression.values.length === 0 && expression.texts[0] === name;
  return isBlank || isColumn ? expression : sql`${expression} AS ${identifier(name)}`;
}
