import { expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { ImportStream } from '../../../src/clicks/import/import-stream.ts';
import { StoredCounts } from '../../../src/clicks/import/stored-clicks.ts';
import { TimedLines } from '../../../src/clicks/import/timed-lines.ts';

const MINUTE = 60_000;

/** Which lines of a stream are added: those of which fewer equal ones are stored. */
async function added(
  batches: readonly (readonly number[])[],
  stored: ReadonlyMap<string, number>,
  isDryRun: boolean,
): Promise<readonly number[]> {
  const stream = new ImportStream(isDryRun);
  const counts = new Map(stored);
  const result: number[] = [];
  let index = 0;
  for (const batch of batches) {
    const lines = new TimedLines();
    for (const minute of batch) {
      const clicked_at = minute * MINUTE;
      const click = { short_code: 'code', clicked_at, visitor: 0n, referrer: 'Direct', click_id: '' };
      lines.add(index++, clicked_at, click);
    }
    const repeats = await stream.count(lines);
    const known = new StoredCounts(lines);
    const keyAt = (place: number): readonly [number, number] => [
      lines.keys[2 * place] ?? 0,
      lines.keys[2 * place + 1] ?? 0,
    ];
    for (const place of batch.keys()) known.add(place);
    for (const place of batch.keys()) known.note(...keyAt(place), counts.get(String(batch[place])) ?? 0);
    for (const [place, minute] of batch.entries()) {
      const line = lines.indexes[place] ?? 0;
      if (known.has(place, repeats.get(line) ?? 1)) continue;
      result.push(line);
      if (!isDryRun) counts.set(String(minute), (counts.get(String(minute)) ?? 0) + 1);
    }
  }
  return result;
}

test('a dry run adds the lines that an import would, whatever is stored and however the stream is cut', async () => {
  const minutes = fc.array(fc.nat({ max: 4 }), { maxLength: 12 });
  const stored = fc.dictionary(fc.constantFrom('0', '1', '2'), fc.nat({ max: 3 }));
  await fc.assert(
    fc.asyncProperty(fc.array(minutes, { maxLength: 5 }), stored, async (batches, clicks) => {
      const before = new Map(Object.entries(clicks));
      expect(await added(batches, before, true)).toEqual(await added(batches, before, false));
    }),
  );
});

test('a dry run counts a log that is twice in its stream once', async () => {
  const log = Array.from({ length: 20_000 }, (_, minute) => minute);
  expect(await added([log, log], new Map(), true)).toEqual(log);
});
