import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { PendingRecords } from '../../src/cli/import-pending.ts';
import { type RecordBlock, recordBlocks } from '../../src/cli/import-records.ts';
import { LONGEST_LINE, TOO_LONG } from '../../src/clicks/import/lines.ts';
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
        const growing = blocks.findLast(({ ends }) => ends.length > 0)?.growing ?? 0;
        expect(growing).toBe(expected.filter(({ isComplete }) => !isComplete).length);
      }),
      { numRuns: 500 },
    );
  });

  /** Lines about as long as one may be, each ended in its own way. */
  const long = fc
    .array(
      fc.tuple(
        fc.constantFrom('x', 'é'),
        fc.constantFrom(3, LONGEST_LINE - 1, LONGEST_LINE, LONGEST_LINE + 1, 5 * LONGEST_LINE),
        fc.constantFrom('\n', '\r\n'),
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((lines) =>
      lines.map(([sign, bytes, end]) => ({ text: sign.repeat(bytes / Buffer.byteLength(sign)), end })),
    );

  test.each([false, true])(
    'hold no line that is too long, nor any part of it (quoted: %s)',
    async (isQuoted) => {
      await fc.assert(
        fc.asyncProperty(long, fc.integer({ min: 60_000, max: 3_000_000 }), async (lines, size) => {
          const bytes = Buffer.from(lines.map(({ text, end }) => text + end).join(''));
          const places = Array.from({ length: Math.ceil(bytes.length / size) }, (_, place) => place * size);
          const records = recordsOf(await blocksOf(bytes, places, isQuoted));
          const lengthOf = (text: string): number => (isQuoted ? text.length : Buffer.byteLength(text));
          // A carriage return may count as part of the line: one more or less matters to nobody.
          expect(records.map((text) => lengthOf(text) > LONGEST_LINE + 1)).not.toContain(true);
          lines.forEach(({ text }, place) => {
            if (lengthOf(text) < LONGEST_LINE) expect(records[place] === text).toBe(true);
            if (lengthOf(text) > LONGEST_LINE) expect(records[place]).toBe(TOO_LONG);
          });
          expect(records).toHaveLength(lines.length);
        }),
        { numRuns: 15 },
      );
    },
  );
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
