import { type Sql, identifier, param, sql } from '../../sql/sql.ts';

/** A condition on the values of a column that is costly to prepare, which ClickHouse would do for each block of clicks. */
export interface ValueCondition {
  readonly column: Sql;
  /** @param text stands for a value */
  readonly holds: (text: Sql) => Sql;
  /** `FROM … WHERE …`, in which all clicks are that are asked about. */
  readonly clicks: Sql;
}

/** Distinct values up to which they are held as arrays, of which ClickHouse makes the names of expressions. */
export const FEW_VALUES = 250;

/**
 * The condition on a click's value, tried once for each distinct value. Where these are few, ClickHouse finds them before it plans
 * the query, and `transform` looks up each block's dictionary of texts, while `IN` with the set of a SELECT looks up every
 * click's text. Of the two sides of the OR one is a constant then, and dropped.
 * @param name what is found is named so, as nothing else in the query is
 */
export function holdsForFewValues(condition: ValueCondition, name: string): Sql {
  const { column, holds, clicks } = condition;
  const tried = identifier(name);
  const most = param('UInt64', FEW_VALUES);
  return sql`(((
SELECT
(groupArray(found), groupArray(${holds(sql`found`)}), count())
FROM (
SELECT DISTINCT
${column} AS found
${clicks}
LIMIT ${param('UInt64', FEW_VALUES + 1)}
)
) AS ${tried}).3 <= ${most} AND transform(${column}, ${tried}.1, ${tried}.2, 0) OR ${tried}.3 > ${most} AND ${holdsForValue(condition)})`;
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
