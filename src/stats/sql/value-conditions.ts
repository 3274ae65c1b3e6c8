import { type Sql, identifier, param, sql } from '../../sql/sql.ts';

/** A condition on a column that is expensive to prepare, which ClickHouse would do anew for each block of clicks. */
export interface ValueCondition {
  readonly column: Sql;
  /** The condition. @param text an expression for a value of the column */
  readonly holds: (text: Sql) => Sql;
  /** `FROM … WHERE …` that includes all clicks of the query. */
  readonly clicks: Sql;
}

/** Up to this many distinct values, those that match become constants of the query. */
export const FEW_VALUES = 1_000;

/** The same for their total bytes: ClickHouse takes a microsecond to plan each byte of such constants. */
const FEW_BYTES = 16_000;

/**
 * Compiles the condition so that it is evaluated once for each distinct value. If the distinct values are few, a scalar subquery finds
 * those that match before the query is planned, and they become constants: `IN` with constants is evaluated on each block's
 * dictionary, `IN` with a SELECT on each click. Only one side of the `OR` does any work: with many values the first has no constants,
 * with few the second is dropped.
 * @param name a name for the values found that nothing else in the query has
 */
export function holdsForFewValues(condition: ValueCondition, name: string): Sql {
  const { column, holds, clicks } = condition;
  const tried = identifier(name);
  const areFew = sql`count() <= ${param('UInt64', FEW_VALUES)} AND sum(length(found)) <= ${param('UInt64', FEW_BYTES)}`;
  return sql`(${column} IN ((
SELECT
(if(${areFew}, groupArrayIf(found, ${holds(sql`found`)}), []), NOT (${areFew}))
FROM (
SELECT DISTINCT
${column} AS found
${clicks}
LIMIT ${param('UInt64', FEW_VALUES + 1)}
)
) AS ${tried}).1 OR ${tried}.2 AND ${holdsForValue(condition)})`;
}

/** The same as a look-up in a set, which can be of any size, and skips granules where the clicks are sorted by the column. */
export function holdsForValue({ column, holds, clicks }: ValueCondition): Sql {
  return sql`${column} IN (
SELECT
found
FROM (
SELECT
${column} AS found
${clicks}
GROUP BY found
LIMIT ${EVERY_ROW}
)
WHERE ${holds(sql`found`)}
)`;
}

/** Without a limit ClickHouse would try a condition of the grouped rows on each click, before it groups them. */
const EVERY_ROW = sql`18446744073709551615`;
