import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { PendingRecords } from '../../src/cli/import-pending.ts';
import { type RecordBlock, recordBlocks } from '../../src/cli/import-records.ts';
import { RecordSplitter } from '../../src/clicks/import/records.ts';

async function* pieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const sorted = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].toSorted(
    (a, b) => a - b,
  );
  for (const [place, end] of sorted.slice(1).entries()) {
    const piece = bytes.subarray(sorted[place], end);
    if (piece.length > 0) yield piece;
  }
}

async function blocksOf(
  bytes: Buffer,
  cuts: readonly number[],
  isQuoted: boolean,
): Promise<readonly RecordBlock[]> {
  const blocks: RecordBlock[] = [];
  for await (const block of recordBlocks(pieces(bytes, cuts), isQuoted, () => {})) blocks.push(block);
  return blocks;
}

function recordsOf(blocks: readonly RecordBlock[]): readonly string[] {
  return blocks.flatMap(({ bytes, ends }) =>
    ends.map((end, place) => bytes.toString('utf8', ends[place - 1] ?? 0, end - 1)),
  );
}

/** Bytes made of what matters here: line ends, quotes, a byte order mark, characters of several bytes and parts of them. */
const file = fc
  .array(fc.constantFrom('a', '"', ',', '\n', '\r\n', '\r', '🦊', '\uFEFF', 'fe', 'c3'), { maxLength: 40 })
  .map((parts) =>
    Buffer.concat(
      parts.map((part) =>
        part.length === 2 && part !== '\r\n' && part !== '🦊' ? Buffer.from(part, 'hex') : Buffer.from(part),
      ),
    ),
  );
const cuts = fc.array(fc.nat({ max: 80 }), { maxLength: 6 });

describe('the records of a file', () => {
  test.each([false, true])('are those of its text, wherever it is cut (quoted: %s)', async (isQuoted) => {
    await fc.assert(
      fc.asyncProperty(file, cuts, fc.boolean(), async (bytes, places, isPacked) => {
        const splitter = new RecordSplitter(isQuoted);
        const expected = [...splitter.push(new TextDecoder().decode(bytes)), ...splitter.end()];
        const blocks = await blocksOf(isPacked ? gzipSync(bytes) : bytes, places, isQuoted);
        expect(recordsOf(blocks)).toEqual(expected.map(({ text }) => text));
        const isComplete = blocks.findLast(({ ends }) => ends.length > 0)?.isComplete ?? true;
        expect(isComplete).toBe(expected.at(-1)?.isComplete ?? true);
      }),
      { numRuns: 500 },
    );
  });

  test('a line without end is cut, and lines after it are read', async () => {
    const bytes = Buffer.from(`${'x'.repeat(3_000_000)}\nnext\n`);
    const cutAt = Array.from({ length: 100 }, (_, place) => place * 65_536);
    const [long, next] = recordsOf(await blocksOf(bytes, cutAt, false));
    expect(long?.length).toBeLessThan(2_000_000);
    expect(next).toBe('next');
  });
});

test('what is pending is taken from the front, each time from the line that comes next', async () => {
  const rows = fc.array(fc.constantFrom('a', 'b,c', '"d\ne"', '"f\n\n"'), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      rows,
      cuts,
      fc.array(fc.integer({ min: 1, max: 5 })),
      async (records, places, counts) => {
        const pending = new PendingRecords();
        for (const block of await blocksOf(Buffer.from(`${records.join('\n')}\n`), places, true))
          pending.add(block);
        expect(pending.count).toBe(records.length);
        let taken = 0;
        for (const wanted of counts) {
          const count = Math.min(wanted, records.length - taken);
          const before = records.slice(0, taken).map((record) => `${record}\n`);
          expect(pending.firstLine).toBe(before.join('').split('\n').length);
          const text = records.slice(taken, taken + count).map((record) => `${record}\n`);
          expect(pending.first(count).toString('utf8')).toBe(text.join(''));
          expect(pending.take(count).toString('utf8')).toBe(text.join(''));
          taken += count;
          expect(pending.count).toBe(records.length - taken);
        }
      },
    ),
    { numRuns: 300 },
  );
});
