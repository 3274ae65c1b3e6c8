import { type Sql, join, param, sql } from '../../sql/sql.ts';
import { countryCode } from '../../lib/country.ts';
import { parseReferrerFilter } from '../../lib/referrer.ts';
import { wellFormed } from '../../lib/text.ts';

/** The column equals one of the values. */
export function exactFilter(column: Sql, values: readonly string[]): Sql {
  return sql`${column} IN ${texts(values)}`;
}

/** Codes and English names in any case; what no country has matches nothing. */
export function countryFilter(column: Sql, values: readonly string[]): Sql {
  return exactFilter(
    column,
    values.map((value) => countryCode(value) ?? value),
  );
}

/** Full URLs match what is stored for them, bare hosts every referrer of exactly that host. */
export function referrerFilter(column: Sql, values: readonly string[]): Sql {
  const wanted = values.map(parseReferrerFilter);
  const referrers = wanted.flatMap((one) => (one.kind === 'referrers' ? one.referrers : []));
  const hosts = wanted.flatMap((one) => (one.kind === 'hosts' ? one.hosts : []));
  // Two look-ups in sets, however many values there are.
  const conditions: Sql[] = [];
  if (referrers.length > 0) conditions.push(exactFilter(column, referrers));
  if (hosts.length > 0) conditions.push(exactFilter(hostOf(column), hosts));
  return sql`(${join(conditions, ' OR ')})`;
}

/** Hosts as people write them. */
export function referrerHostFilter(column: Sql, values: readonly string[]): Sql {
  const hosts = values.flatMap((value) => {
    const wanted = parseReferrerFilter(value);
    return wanted.kind === 'hosts' ? wanted.hosts : [value];
  });
  return exactFilter(column, hosts);
}

/** The host of a stored referrer, with its port; empty where it has none. */
function hostOf(column: Sql): Sql {
  return sql`extract(${column}, '^[^:/]+://([^/]+)')`;
}

function texts(values: readonly string[]) {
  return param('Array(String)', values.map(wellFormed));
}
