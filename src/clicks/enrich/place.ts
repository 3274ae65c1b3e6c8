import { countryCode, UNKNOWN_COUNTRY } from '../../lib/country.ts';
import { UNKNOWN } from '../../lib/unknown.ts';
import { isHostingSystem } from './hosting.ts';

/** The place of an address in a city database. Unknown texts are `Unknown`, unknown countries `XX`. */
export interface Place {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** ISO 3166-2 where the database has the code, else the English name. */
  readonly region: string;
  /** English name. */
  readonly city: string;
  /** The organisation of the network, from a database of autonomous systems. */
  readonly network: string;
  /** Whether its addresses are in data centres. */
  readonly hosting: 'yes' | 'no' | typeof UNKNOWN;
}

/** Finds the place of an address in canonical form; an unknown address has the unknown place. */
export type PlaceLookup = (ip: string) => Place;

export const UNKNOWN_PLACE: Place = {
  country: UNKNOWN_COUNTRY,
  region: UNKNOWN,
  city: UNKNOWN,
  network: UNKNOWN,
  hosting: UNKNOWN,
};

/**
 * Reads a record of a city database, flat (`country_code`, `state1`, `city`) or nested as MaxMind's
 * (`country.iso_code`, `subdivisions`, `city.names.en`).
 */
export function parsePlace(record: unknown): Place {
  if (!isRecord(record)) return UNKNOWN_PLACE;
  const { country_code: flatCode, country, city } = record;
  const code = flatCode ?? (isRecord(country) ? country['iso_code'] : country);
  const countryFound = (isText(code) ? countryCode(code) : undefined) ?? UNKNOWN_COUNTRY;
  return {
    ...UNKNOWN_PLACE,
    country: countryFound,
    region: regionOf(record, countryFound),
    city: englishName(city),
  };
}

function regionOf(
  { subdivisions, state1, region }: Readonly<Record<string, unknown>>,
  country: string,
): string {
  const largest: unknown = Array.isArray(subdivisions) ? subdivisions[0] : undefined;
  if (!isRecord(largest)) return [state1, region].find(isText) ?? UNKNOWN;
  const { iso_code: code } = largest;
  return isText(code) && country !== UNKNOWN_COUNTRY ? `${country}-${code}` : englishName(largest);
}

/** Names of a city or a region: a text, or one in each language. */
function englishName(found: unknown): string {
  if (isText(found)) return found;
  const name = isRecord(found) && isRecord(found['names']) ? found['names']['en'] : undefined;
  return isText(name) ? name : UNKNOWN;
}

/**
 * Reads a record of a database of autonomous systems, with the names that MaxMind, DB-IP, IPinfo and others use. A record that does
 * not say whether the network is one of data centres is of one where its number is known for it.
 */
export function parseNetwork(record: unknown): Place {
  if (!isRecord(record)) return UNKNOWN_PLACE;
  const names = [
    record['autonomous_system_organization'],
    record['as_name'],
    record['organization'],
    record['name'],
    record['isp'],
  ];
  return { ...UNKNOWN_PLACE, network: names.find(isText) ?? UNKNOWN, hosting: hostingOf(record) };
}

function hostingOf(record: Readonly<Record<string, unknown>>): Place['hosting'] {
  const said = record['is_hosting_provider'] ?? record['is_hosting'] ?? record['hosting'];
  if (typeof said === 'boolean') return said ? 'yes' : 'no';
  const kind = record['as_type'] ?? record['type'];
  if (isText(kind)) return kind.toLowerCase() === 'hosting' ? 'yes' : 'no';
  const number = record['autonomous_system_number'] ?? record['asn'];
  const digits = typeof number === 'string' ? Number(number.replace(/^AS/i, '')) : number;
  return typeof digits === 'number' && isHostingSystem(digits) ? 'yes' : UNKNOWN;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
