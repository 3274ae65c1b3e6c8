import { UNKNOWN } from '../../lib/unknown.ts';
import { countryCode, UNKNOWN_COUNTRY } from '../../lib/country.ts';

/** Country (ISO 3166-1 alpha-2, `XX` unknown) and city (English name, `Unknown`) of an address. */
export type Place = { readonly country: string; readonly city: string };

/** Finds the place of an address in canonical form; an unknown address has the unknown place. */
export type PlaceLookup = (ip: string) => Place;

export const UNKNOWN_PLACE: Place = { country: UNKNOWN_COUNTRY, city: UNKNOWN };

/**
 * Reads a record of a city database, flat (`country_code`, `city`) or nested as MaxMind's
 * (`country.iso_code`, `city.names.en`).
 */
export function parsePlace(record: unknown): Place {
  if (!isRecord(record)) return UNKNOWN_PLACE;
  const { country_code: flatCode, country, city } = record;
  const code = flatCode ?? (isRecord(country) ? country['iso_code'] : country);
  const cityName = isRecord(city) && isRecord(city['names']) ? city['names']['en'] : city;
  return {
    country: (isText(code) ? countryCode(code) : undefined) ?? UNKNOWN_COUNTRY,
    city: isText(cityName) ? cityName : UNKNOWN,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
