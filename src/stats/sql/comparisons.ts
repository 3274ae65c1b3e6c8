import { type Param, type Sql, join, param, sql } from '../../sql/sql.ts';
import { wellFormed } from '../../lib/text.ts';

/** What a text is compared with. */
export interface Compared {
  readonly values: readonly string[];
  /** Otherwise both sides are case-folded first. */
  readonly caseSensitive: boolean;
}

/** The condition that holds where one of the values does. */
export type Compare = (text: Sql, compared: Compared) => Sql;

/** Parts up to which ClickHouse looks for all of them without preparation. */
export const FEW_PARTS = 16;

/** Beginnings or ends up to which each is a condition of its own. The sorting key is of use to those. */
export const FEW_EDGES = 3;

/** Different lengths of beginnings or ends up to which each length is a look-up in a set. */
const FEW_LENGTHS = 32;

/** Bytes of a regular expression that is made of values; RE2 takes some 130,000. */
const MAX_PATTERN_BYTES = 60_000;

/** Bytes that case folding can make of one UTF-16 code unit. */
const MAX_FOLDED_BYTES = 9;

/** The text is one of the values: a look-up in a set, however many there are. */
export const equals: Compare = (text, { values, caseSensitive }) => {
  if (caseSensitive) return sql`${text} IN ${listOf(values)}`;
  // `IN` with a computed list would look at its elements one after another; that of a SELECT is a set.
  return sql`${folded(text)} IN (SELECT ${folded(sql`arrayJoin(${listOf(values)})`)})`;
};

/** One of the values stands in the text. `%` and `_` are characters like any other. */
export const contains: Compare = (text, compared) =>
  compared.caseSensitive && compared.values.length <= FEW_PARTS
    ? sql`multiSearchAny(${dictionaryOf(text)}, ${listOf(compared.values)})`
    : matchesOneOf(text, compared, { before: '', behind: '' });

export const startsWith: Compare = (text, compared) =>
  isEdgeOf(text, compared, {
    one: (value) => sql`startsWith(${text}, ${value})`,
    edge: (length) => sql`substring(${text}, 1, ${length})`,
    pattern: { before: '^', behind: '' },
  });

export const endsWith: Compare = (text, compared) =>
  isEdgeOf(text, compared, {
    one: (value) => sql`endsWith(${text}, ${value})`,
    edge: (length) => sql`right(${text}, ${length})`,
    pattern: { before: '', behind: String.raw`\z` },
  });

/** How a text's beginning, or its end, is compared. */
interface Edge {
  readonly one: (value: Param) => Sql;
  /** @param length in bytes; the whole of a shorter text */
  readonly edge: (length: Param) => Sql;
  readonly pattern: { readonly before: string; readonly behind: string };
}

function isEdgeOf(text: Sql, compared: Compared, { one, edge, pattern }: Edge): Sql {
  const { values, caseSensitive } = compared;
  if (!caseSensitive) return matchesOneOf(text, compared, pattern);
  if (values.length <= FEW_EDGES) return anyOf(values.map((value) => one(textOf(value))));
  const lists = byLength(values);
  if (lists.size > FEW_LENGTHS) return matchesOneOf(text, compared, pattern);
  return anyOf([...lists].map(([length, list]) => sql`${edge(param('UInt32', length))} IN ${listOf(list)}`));
}

/** Values by how many bytes they have. */
function byLength(values: readonly string[]): ReadonlyMap<number, readonly string[]> {
  const lists = new Map<number, string[]>();
  for (const value of values) {
    const length = Buffer.byteLength(wellFormed(value));
    const list = lists.get(length);
    if (list === undefined) lists.set(length, [value]);
    else list.push(value);
  }
  return lists;
}

/**
 * One of the regular expressions matches the text, or a part of it. A short one with classes of Unicode takes a tenth of a
 * second to compile, and ClickHouse compiles it for each block of texts.
 */
export const matches: Compare = (text, { values, caseSensitive }) =>
  anyOf(values.map((value) => sql`match(${text}, ${textOf(patternOf(value, caseSensitive))})`));

/** A regular expression as ClickHouse gets it. */
export function patternOf(pattern: string, caseSensitive: boolean): string {
  return caseSensitive ? pattern : `(?i)${pattern}`;
}

/**
 * Values as regular expressions: RE2 looks at each byte of a text once, however many values begin alike. Searching for several
 * texts at once takes ClickHouse ten times as long where many are alike.
 */
function matchesOneOf(
  text: Sql,
  { values, caseSensitive }: Compared,
  { before, behind }: { readonly before: string; readonly behind: string },
): Sql {
  const value = foldedUnless(caseSensitive, sql`value`);
  return anyOf(
    inPatterns(values).map((list) => {
      const alternatives = sql`arrayStringConcat(arrayMap(value -> regexpQuoteMeta(${value}), ${listOf(list)}), '|')`;
      return sql`match(${foldedUnless(caseSensitive, text)}, concat(${textOf(`${before}(?:`)}, ${alternatives}, ${textOf(`)${behind}`)}))`;
    }),
  );
}

/** Values in lists, of each of which RE2 can make one regular expression. No stored text is as long as one that is left out. */
function inPatterns(values: readonly string[]): readonly (readonly string[])[] {
  const lists: string[][] = [];
  let bytes = MAX_PATTERN_BYTES;
  for (const value of values) {
    const isAscii = Buffer.byteLength(value) === value.length;
    const more = isAscii ? value.length : value.length * MAX_FOLDED_BYTES;
    if (more > MAX_PATTERN_BYTES) continue;
    bytes += more;
    if (bytes > MAX_PATTERN_BYTES) {
      lists.push([]);
      bytes = more;
    }
    lists.at(-1)?.push(value);
  }
  return lists;
}

/** Each distinct value of a block is then compared once; a column that has a dictionary stays as it is. */
function dictionaryOf(text: Sql): Sql {
  return sql`toLowCardinality(${text})`;
}

function foldedUnless(caseSensitive: boolean, text: Sql): Sql {
  return caseSensitive ? text : folded(text);
}

function folded(text: Sql): Sql {
  return sql`caseFoldUTF8(${text})`;
}

function anyOf(conditions: readonly Sql[]): Sql {
  const [only] = conditions;
  if (conditions.length === 0) return sql`false`;
  return only !== undefined && conditions.length === 1 ? only : sql`(${join(conditions, ' OR ')})`;
}

function listOf(values: readonly string[]) {
  return param('Array(String)', values.map(wellFormed));
}

function textOf(value: string) {
  return param('String', wellFormed(value));
}
