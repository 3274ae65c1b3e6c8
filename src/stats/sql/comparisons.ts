import { type Sql, join, param, sql } from '../../sql/sql.ts';
import { wellFormed } from '../../lib/text.ts';

/** What a text is compared with. */
export interface Compared {
  readonly values: readonly string[];
  /** Otherwise both sides are case-folded first. */
  readonly caseSensitive: boolean;
}

/** The condition that holds where one of the values does. */
export type Compare = (text: Sql, compared: Compared) => Sql;

/** ClickHouse searches for at most so many texts at once. */
const MOST_SOUGHT = 255;

/** Prefixes up to which each is a condition of its own, of which the sorting key can make use. */
const FEW_PREFIXES = 16;

/** A byte that no text has, since UTF-8 does not use it: it marks a text's beginning or end. */
const EDGE = sql`char(255)`;

/** The text is one of the values: a look-up in a set, however many there are. */
export const equals: Compare = (text, { values, caseSensitive }) => {
  if (caseSensitive) return sql`${text} IN ${listOf(values)}`;
  // `IN` with a computed list would look at its elements one after another; that of a SELECT is a set.
  return sql`${folded(text)} IN (SELECT ${folded(sql`arrayJoin(${listOf(values)})`)})`;
};

/** One of the values stands in the text. `%` and `_` are characters like any other. */
export const contains: Compare = (text, compared) => sought(compared, dictionaryOf(text), (value) => value);

export const startsWith: Compare = (text, compared) => {
  const { values, caseSensitive } = compared;
  if (caseSensitive && values.length <= FEW_PREFIXES) {
    return anyOf(values.map((value) => sql`startsWith(${text}, ${textOf(value)})`));
  }
  return sought(compared, dictionaryOf(text), (value) => sql`concat(${EDGE}, ${value})`);
};

export const endsWith: Compare = (text, compared) =>
  sought(compared, dictionaryOf(text), (value) => sql`concat(${value}, ${EDGE})`);

/** One of the regular expressions matches the text, or a part of it. */
export const matches: Compare = (text, { values, caseSensitive }) =>
  anyOf(values.map((value) => sql`match(${dictionaryOf(text)}, ${textOf(patternOf(value, caseSensitive))})`));

/** A regular expression as ClickHouse gets it. */
export function patternOf(pattern: string, caseSensitive: boolean): string {
  return caseSensitive ? pattern : `(?i)${pattern}`;
}

/**
 * Searches a text for several at once.
 * @param marked the text, or a value, with its edge where that counts
 */
function sought({ values, caseSensitive }: Compared, text: Sql, marked: (one: Sql) => Sql): Sql {
  const fold = (one: Sql): Sql => (caseSensitive ? one : folded(one));
  const lists = Array.from({ length: Math.ceil(values.length / MOST_SOUGHT) }, (_, index) =>
    values.slice(index * MOST_SOUGHT, (index + 1) * MOST_SOUGHT),
  );
  const value = marked(fold(sql`value`));
  const isAsGiven = caseSensitive && value.texts[0] === 'value';
  return anyOf(
    lists.map((list) => {
      const needles = isAsGiven ? sql`${listOf(list)}` : sql`arrayMap(value -> ${value}, ${listOf(list)})`;
      return sql`multiSearchAny(${marked(fold(text))}, ${needles})`;
    }),
  );
}

/** Each distinct value of a block is then compared once; a column that has a dictionary stays as it is. */
function dictionaryOf(text: Sql): Sql {
  return sql`toLowCardinality(${text})`;
}

function folded(text: Sql): Sql {
  return sql`caseFoldUTF8(${text})`;
}

function anyOf(conditions: readonly Sql[]): Sql {
  const [only] = conditions;
  return only !== undefined && conditions.length === 1 ? only : sql`(${join(conditions, ' OR ')})`;
}

function listOf(values: readonly string[]) {
  return param('Array(String)', values.map(wellFormed));
}

function textOf(value: string) {
  return param('String', wellFormed(value));
}
