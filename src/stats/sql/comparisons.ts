import { type Param, type Sql, join, param, sql } from '../../sql/sql.ts';
import { wellFormed } from '../../lib/text.ts';

/** What a text is compared with. */
export interface Compared {
  readonly values: readonly string[];
  /** Otherwise both sides are case-folded first. */
  readonly caseSensitive: boolean;
  /** A regular expression: a text that begins so is compared both whole and without that beginning. For operators that know of it. */
  readonly beginning?: string;
}

/** The condition that holds where one of the values does. */
export type Compare = (text: Sql, compared: Compared) => Sql;

/** Parts up to which ClickHouse looks for all of them without preparation. */
export const FEW_PARTS = 16;

/** Beginnings or ends up to which each is a condition of its own. The sorting key is of use to those. */
export const FEW_EDGES = 3;

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

/** One of the values stands in the text, be it without its beginning. `%` and `_` are characters like any other. */
export const contains: Compare = (text, compared) =>
  compared.caseSensitive && compared.values.length <= FEW_PARTS
    ? sql`multiSearchAny(${dictionaryOf(text)}, ${listOf(compared.values)})`
    : matchesOneOf(text, compared, { before: '', behind: '' });

export const startsWith: Compare = (text, compared) =>
  isEdgeOf(text, compared, {
    one: (value) => wholeOrRest(text, compared, (part) => sql`startsWith(${part}, ${value})`),
    // One regular expression: to compile it takes longer than to try it on a thousand texts.
    pattern: { before: compared.beginning === undefined ? '^' : `^(?:${compared.beginning})?`, behind: '' },
  });

export const endsWith: Compare = (text, compared) =>
  isEdgeOf(text, compared, {
    one: (value) => sql`endsWith(${text}, ${value})`,
    pattern: { before: '', behind: String.raw`\z` },
  });

/** How a text's beginning, or its end, is compared. */
interface Edge {
  readonly one: (value: Param) => Sql;
  readonly pattern: Around;
}

/** What stands before and after the alternatives of a regular expression. */
interface Around {
  readonly before: string;
  readonly behind: string;
}

function isEdgeOf(text: Sql, compared: Compared, { one, pattern }: Edge): Sql {
  const { values, caseSensitive } = compared;
  return caseSensitive && values.length <= FEW_EDGES
    ? anyOf(values.map((value) => one(textOf(value))))
    : matchesOneOf(text, compared, pattern);
}

/**
 * One of the regular expressions matches the text, or a part of it. A short one with classes of Unicode takes a tenth of a
 * second to compile, and ClickHouse compiles it for each block of texts.
 */
export const matches: Compare = (text, compared) =>
  anyOf(
    compared.values.map((value) => {
      const pattern = textOf(patternOf(value, compared.caseSensitive));
      return wholeOrRest(text, compared, (part) => sql`match(${part}, ${pattern})`);
    }),
  );

/** A regular expression as ClickHouse gets it. */
export function patternOf(pattern: string, caseSensitive: boolean): string {
  return caseSensitive ? pattern : `(?i)${pattern}`;
}

/**
 * Values as regular expressions: RE2 looks at each byte of a text once, however many values begin alike. Searching for several
 * texts at once takes ClickHouse ten times as long where many are alike.
 */
function matchesOneOf(text: Sql, { values, caseSensitive }: Compared, { before, behind }: Around): Sql {
  return anyOf(
    caseSensitive
      ? inPatterns(values.map(quoted), (text) => Buffer.byteLength(text)).map((list) => {
          const pattern = param('String', `${before}(?:${list.join('|')})${behind}`);
          return sql`match(${text}, ${unplanned(pattern)})`;
        })
      : inPatterns(values, mostFoldedBytes).map((list) => {
          const alternatives = sql`arrayStringConcat(arrayMap(value -> regexpQuoteMeta(${folded(sql`value`)}), ${listOf(list)}), '|')`;
          return sql`match(${folded(text)}, concat(${textOf(`${before}(?:`)}, ${alternatives}, ${textOf(`)${behind}`)}))`;
        }),
  );
}

/** ClickHouse would compile a constant pattern three times more while it plans the query. */
function unplanned(pattern: Param): Sql {
  return sql`arrayStringConcat(arrayMap(text -> text, [${pattern}]))`;
}

/** A text as a part of a regular expression of RE2 that matches it. */
function quoted(text: string): string {
  return wellFormed(text).replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** The bytes that case folding and quoting make of a text, or more. */
function mostFoldedBytes(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : text.length * MAX_FOLDED_BYTES;
}

/** Texts in lists, of each of which RE2 can make one regular expression. No stored text is as long as one that is left out. */
function inPatterns(
  texts: readonly string[],
  bytesOf: (text: string) => number,
): readonly (readonly string[])[] {
  const lists: string[][] = [];
  let bytes = MAX_PATTERN_BYTES;
  for (const text of texts) {
    const more = bytesOf(text);
    if (more > MAX_PATTERN_BYTES) continue;
    bytes += more;
    if (bytes > MAX_PATTERN_BYTES) {
      lists.push([]);
      bytes = more;
    }
    lists.at(-1)?.push(text);
  }
  return lists;
}

/** The condition on a text as it is, or on what is left of it without its beginning. */
export function wholeOrRest(text: Sql, { beginning }: Compared, holds: (part: Sql) => Sql): Sql {
  if (beginning === undefined) return holds(text);
  return anyOf([holds(text), holds(sql`replaceRegexpOne(${text}, ${textOf(`^${beginning}`)}, '')`)]);
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
  if (conditions.length === 0) return sql`false`;
  return only !== undefined && conditions.length === 1 ? only : sql`(${join(conditions, ' OR ')})`;
}

function listOf(values: readonly string[]) {
  return param('Array(String)', values.map(wellFormed));
}

function textOf(value: string) {
  return param('String', wellFormed(value));
}
