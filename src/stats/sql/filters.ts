import { type Sql, join, param, sql } from '../../sql/sql.ts';
import { countryCode } from '../../lib/country.ts';
import { parseReferrerFilter } from '../../lib/referrer.ts';
import { wellFormed } from '../../lib/text.ts';

type Filter = (values: readonly string[]) => Sql;

/** The column equals one of the values. */
export function exactFilter(column: Sql): Filter {
  return (values) => sql`${column} IN ${texts(values)}`;
}

/** Codes and English names; a name no country has matches nothing. */
export function countryFilter(column: Sql): Filter {
  return (values) => sql`${column} IN ${texts(values.map((value) => codeOf(value) ?? value))}`;
}

/** Full URLs match what is stored for them, bare hosts every referrer of exactly that host. */
export function referrerFilter(column: Sql): Filter {
  return (values) => {
    const exact: string[] = [];
    const hosts: string[] = [];
    for (const value of values) {
      const wanted = parseReferrerFilter(value);
      if (wanted.kind === 'direct') exact.push('Direct');
      else if (wanted.kind === 'url') exact.push(wanted.url);
      else hosts.push(wanted.host);
    }
    // Two look-ups in sets, however many values there are.
    const conditions: Sql[] = [];
    if (exact.length > 0) conditions.push(sql`${column} IN ${texts(exact)}`);
    if (hosts.length > 0) conditions.push(sql`${hostOf(column)} IN ${texts(hosts)}`);
    return sql`(${join(conditions, ' OR ')})`;
  };
}

/** The host of a stored referrer, with its port; empty where it has none. */
function hostOf(column: Sql): Sql {
  return sql`extract(${column}, '^https?://([^/]+)')`;
}

/** Codes are case-sensitive like every filter value; names are not: people write them as they like. */
function codeOf(value: string): string | undefined {
  return /^[a-z]{2}$/i.test(value) && value !== value.toUpperCase() ? undefined : countryCode(value);
}

function texts(values: readonly string[]) {
  return param('Array(String)', values.map(wellFormed));
}
