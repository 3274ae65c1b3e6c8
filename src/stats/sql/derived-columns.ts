import { type Sql, param, sql } from '../../sql/sql.ts';
import { CONTINENT_OF_COUNTRY, UNKNOWN_CONTINENT } from '../../lib/continent.ts';

/* Values that follow from a column of shared texts: ClickHouse works each function out once for each text, not for each click. */

const COUNTRIES = param('Array(String)', [...CONTINENT_OF_COUNTRY.keys()]);
const CONTINENTS = param('Array(String)', [...CONTINENT_OF_COUNTRY.values()]);
const UNKNOWN = param('String', UNKNOWN_CONTINENT);

/** The English name of the continent of a country, given by its code. */
export function continentOf(country: Sql): Sql {
  return sql`transform(${country}, ${COUNTRIES}, ${CONTINENTS}, ${UNKNOWN})`;
}

/** Of a stored referrer the host with its port, without the dot after it that earlier releases stored; `Direct` as it is. */
export function hostOfReferrer(referrer: Sql): Sql {
  return sql`replaceRegexpOne(${referrer}, ${HOST}, '\\1\\2')`;
}

const HOST = param('String', String.raw`^[^:/]+://([^/]+?)\.?(:[0-9]+)?(?:/.*)?$`);
