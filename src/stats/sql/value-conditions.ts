import { type Sql, identifier, param, sql } from '../../sql/sql.ts';

/** A condition on the values of a column that is costly to prepare, which ClickHouse would do for each block of clicks. */
export interface ValueCondition {
  readonly column: Sql;
  /** @param text stands for a value */
  readonly holds: (text: Sql) => Sql;
  /** `FROM … WHERE …`, in which all clicks are that are asked about. */
  readonly clicks: Sql;
}

/** Distinct values up to which those that are found become constants of a query. */
export const FEW_VALUES = 1_000;

/** Bytes of them all up to which that is so: ClickHouse takes a microsecond for each byte of such constants. */
const FEW_BYTES = 16_000;

/**
 * The condition on a click's value, tried once for each distinct value. Where these are few, ClickHouse finds them before it plans
 * the query: `IN` with constants looks up each block's dictionary of texts, with the set of a SELECT every click's text. One
 * side of the OR finds nothing, and costs nothing: the first has no constants where the values are many, the second is dropped.
 * @param name what is found is named so, as nothing else in the query is
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
