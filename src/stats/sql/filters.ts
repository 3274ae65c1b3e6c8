import { type Sql, join, param, sql } from '../../sql/sql.ts';
import { countryCode, countryNames } from '../../lib/country.ts';
import { parseReferrerFilter } from '../../lib/referrer.ts';
import type { Operator } from '../registry/operators.ts';
import { type Compared, equals, wholeOrRest } from './comparisons.ts';

/**
 * The condition that a click's value, `column`, is one of those that a user named, or has one of them in it. The operator
 * compares; that it is negative is for the caller to say.
 */
export type DimensionFilter = (column: Sql, operator: Operator, compared: Compared) => Sql;

/** The same of what depends on the tags that URLs have now. */
export type TagFilter = (column: Sql, operator: Operator, compared: Compared, taggedUrls: Sql) => Sql;

/** The column itself is compared. */
export const exactFilter: DimensionFilter = (column, { compare }, compared) => compare(column, compared);

/** Whole values are codes and English names in any case. Parts and patterns are looked for in both the code and the name. */
export const countryFilter: DimensionFilter = (column, { compare, takes }, compared) => {
  if (takes === 'values') {
    const codes = compared.values.map((value) => countryCode(value) ?? value);
    return equals(column, { values: codes, caseSensitive: true });
  }
  const codes = param('Array(String)', [...countryNames().keys()]);
  const names = param('Array(String)', [...countryNames().values()]);
  const name = sql`transform(${column}, ${codes}, ${names}, ${column})`;
  return sql`(${compare(column, compared)} OR ${compare(name, compared)})`;
};

/**
 * Of whole values, full URLs match what is stored for them, bare hosts every referrer of exactly that host. Parts and patterns
 * are looked for in the stored URL and in what is left of it without its scheme.
 */
export const referrerFilter: DimensionFilter = (column, { compare, takes, knowsBeginning }, compared) => {
  if (takes !== 'values') {
    const asked = { ...compared, beginning: '[^:/]+://' };
    if (knowsBeginning === true) return compare(column, asked);
    return wholeOrRest(column, asked, (part) => compare(part, compared));
  }
  const wanted = compared.values.map(parseReferrerFilter);
  const referrers = wanted.flatMap((one) => (one.kind === 'referrers' ? one.referrers : []));
  const hosts = wanted.flatMap((one) => (one.kind === 'hosts' ? one.hosts : []));
  // Two look-ups in sets, however many values there are.
  const conditions: Sql[] = [];
  if (referrers.length > 0) conditions.push(compare(column, { ...compared, values: referrers }));
  if (hosts.length > 0) conditions.push(compare(hostOf(column), { ...compared, values: hosts }));
  return sql`(${join(conditions, ' OR ')})`;
};

/** Whole values are hosts as people write them. */
export const referrerHostFilter: DimensionFilter = (column, { compare, takes }, compared) => {
  if (takes !== 'values') return compare(column, compared);
  const hosts = compared.values.flatMap((value) => {
    const wanted = parseReferrerFilter(value);
    return wanted.kind === 'hosts' ? wanted.hosts : [value];
  });
  return compare(column, { ...compared, values: hosts });
};

/** The host of a stored referrer, with its port; empty where it has none. */
function hostOf(column: Sql): Sql {
  return sql`extract(${column}, '^[^:/]+://([^/]+)')`;
}
