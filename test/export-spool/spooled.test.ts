import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as others } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { array, assert, asyncProperty, boolean, integer, nat, record } from '../support/fast-check.ts';
import { Backlog } from '../../src/export-spool/backlog.ts';
import { openSpoolFolder } from '../../src/export-spool/spool-folder.ts';
import { spooled } from '../../src/export-spool/spooled.ts';
import { Spool } from '../../src/export-spool/spool.ts';
import type { FairShare } from '../../src/fair-share/fair-share.ts';
import { createShares } from '../../src/fair-share/shares.ts';

const HOLDER = { kind: 'owner', name: 'a' } as const;

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'spoor-spool-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** A spool of so many bytes, an owner's share of which is half. */
function spoolOf(spoolBytes: number): { spool: Spool; share: FairShare } {
  const { spoolBytes: share } = createShares({
    maxQueries: 1,
    maxExpensiveQueries: 1,
    maxExports: 1,
    maxConnections: 1,
    heapBytes: 1_073_741_824,
    trustProxy: 0,
    spoolBytes,
    exportFileBytes: 0,
  });
  return { spool: new Spool(openSpoolFolder(dataDir), share), share };
}

async function* given(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    await others();
    yield piece;
  }
}

async function gathered(pieces: AsyncIterable<Buffer | string>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(Buffer.from(piece));
  return Buffer.concat(all);
}

describe('a backlog', () => {
  test('and then its source give what the source had, wherever the room ends and whatever the bytes are', async () => {
    const anything = array(record({ bytes: nat(200_000), isRandom: boolean() }), { maxLength: 12 });
    await assert(
      asyncProperty(anything, integer({ min: 0, max: 2_000_000 }), async (sizes, room) => {
        const pieces = sizes.map(({ bytes, isRandom }) =>
          isRandom ? randomBytes(bytes) : Buffer.alloc(bytes, 'a row of some kind,'),
        );
        const { spool, share } = spoolOf(room);
        const source = given(pieces);
        const backlog = new Backlog(source, () => spool.create(HOLDER));
        const taken = await gathered(backlog.pieces());
        const rest = backlog.isWhole ? Buffer.alloc(0) : await gathered(source);
        await backlog.close();
        expect(Buffer.concat([taken, rest]).equals(Buffer.concat(pieces))).toBe(true);
        expect(share.state.inUse).toBe(0);
        expect(readdirSync(join(dataDir, 'spool'))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  test('of a source that fails fails too, and lets go of its room', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      for (let piece = 0; piece < 8; piece++) yield randomBytes(100_000);
      throw new Error('The engine ended.');
    }
    const { spool, share } = spoolOf(100_000_000);
    const backlog = new Backlog(failing(), () => spool.create(HOLDER));
    await expect(gathered(backlog.pieces())).rejects.toThrow('The engine ended.');
    await backlog.close();
    expect(share.state.inUse).toBe(0);
  });
});

describe('a reader', () => {
  const createFile = async () => {
    throw new Error('There is no need of a file.');
  };

  test('that keeps pace never meets the disk', async () => {
    const pieces = Array.from({ length: 50 }, () => randomBytes(1_000));
    const read = await gathered(spooled(given(pieces), { createFile, isBehind: () => false }));
    expect(read.equals(Buffer.concat(pieces))).toBe(true);
  });

  test('of a source that is slow does not either, whatever waits for it', async () => {
    async function* slow(): AsyncGenerator<Buffer> {
      yield Buffer.from('one');
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      yield Buffer.from('two');
    }
    const read = await gathered(spooled(slow(), { createFile, isBehind: () => true }));
    expect(read.toString()).toBe('onetwo');
  });

  test('that leaves ends the source', async () => {
    let isEnded = false;
    async function* source(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield Buffer.alloc(10);
      } finally {
        isEnded = true;
      }
    }
    const reading = spooled(source(), { createFile, isBehind: () => false });
    await reading.next();
    await reading.return(undefined);
    expect(isEnded).toBe(true);
  });
});
