import { expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { emptyReport } from '../../../src/clicks/import/import-report.ts';
import { type StoreBatch, runImport } from '../../../src/clicks/import/import-run.ts';
import { recordBlocks } from '../../../src/clicks/import/record-blocks.ts';
import { TimedLines } from '../../../src/clicks/import/timed-lines.ts';
import { invalid, unavailable } from '../../../src/errors.ts';
import { countsByDefinition } from '../../support/line-counts.ts';

const MINUTE = 60_000;

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** A file whose lines are their minutes. */
const recordsOf = (lines: readonly number[], size: number) => ({
  reading: { format: 'ndjson', columns: [] } as const,
  blocks: recordBlocks(pieces(Buffer.from(lines.map((line) => `${line}\n`).join('')), size), false),
  headerRecords: 0,
});

const linesOf = (pieces: readonly Uint8Array[]): readonly number[] =>
  Buffer.concat(pieces).toString().trimEnd().split('\n').map(Number);

/** Lines that are clicks at their minutes. */
function timed(firstLine: number, texts: readonly number[]): TimedLines {
  const lines = new TimedLines();
  const click = { visitor: 1n, short_code: 'a', referrer: 'Direct', click_id: '' };
  for (const [place, text] of texts.entries())
    lines.add(firstLine + place, text * MINUTE, { ...click, clicked_at: text * MINUTE });
  return lines;
}

const lines = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 40 });
const sizes = fc.record({
  firstRecords: fc.integer({ min: 1, max: 5 }),
  records: fc.integer({ min: 1, max: 9 }),
  bytes: fc.integer({ min: 2, max: 60 }),
});

test('batches hold the lines of a file in order, and equal ones are counted over all of them', async () => {
  await fc.assert(
    fc.asyncProperty(lines, sizes, fc.integer({ min: 1, max: 20 }), async (all, cuts, size) => {
      const seen: { line: number; text: number; count: number }[] = [];
      let underWay = 0;
      const store: StoreBatch = async ({ firstLine, pieces: taken }, count) => {
        expect(++underWay).toBeLessThanOrEqual(2);
        const texts = linesOf(taken);
        const repeats = await count(timed(firstLine, texts));
        texts.forEach((text, place) => {
          const line = firstLine + place;
          seen.push({ line, text, count: repeats.get(line) ?? 1 });
        });
        underWay--;
        return { ...emptyReport(), read: texts.length };
      };
      const report = await runImport(recordsOf(all, size), store, () => {}, cuts);
      const counts = countsByDefinition(all.map((text) => ({ key: String(text), time: text * MINUTE })));
      expect(report.read).toBe(all.length);
      expect(seen).toEqual(all.map((text, place) => ({ line: place + 1, text, count: counts[place] })));
    }),
    { numRuns: 200 },
  );
});

test('a batch that ClickHouse could not take is stored again, its lines counted once', async () => {
  const counts: (number | undefined)[] = [];
  let tries = 0;
  const store: StoreBatch = async ({ firstLine }, count) => {
    const repeats = await count(timed(firstLine, [0]));
    if (firstLine === 2 && ++tries === 1) throw unavailable('ClickHouse is unreachable.');
    counts.push(repeats.get(firstLine));
    return { ...emptyReport(), read: 1 };
  };
  const sizes = { firstRecords: 1, records: 1, bytes: 100 };
  const report = await runImport(recordsOf([0, 0, 0], 100), store, () => {}, sizes);
  expect([report.read, tries, counts]).toEqual([3, 2, [undefined, 2, 3]]);
});

test('a batch that fails ends the import once nothing is stored any more, and none behind it is', async () => {
  const stored: number[] = [];
  const progress: number[] = [];
  const store: StoreBatch = async ({ firstLine }, count) => {
    await count(timed(firstLine, [0]));
    if (firstLine === 2) throw invalid('body', 'wrong');
    stored.push(firstLine);
    return { ...emptyReport(), read: 1 };
  };
  const running = runImport(recordsOf([0, 0, 0, 0], 100), store, ({ read }) => progress.push(read), {
    firstRecords: 1,
    records: 1,
    bytes: 100,
  });
  await expect(running).rejects.toThrow('wrong');
  expect([stored, progress]).toEqual([[1], [1]]);
});
