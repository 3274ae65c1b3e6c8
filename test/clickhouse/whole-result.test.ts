import { expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { wholeResult } from '../../src/clickhouse/whole-result.ts';
import { giveBack, isLent, lendPieces, takeReadBuffer } from '../../src/lib/read-buffers.ts';

const TAG = 'abcdefghijklmnop';
const MESSAGE =
  "Code: 395. DB::Exception: Value passed to 'throwIf' function is non-zero: SELECT secret. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO) (version 26.7.2.1)\n";
const REPORT = `\r\n__exception__\r\n${TAG}\r\n${MESSAGE}${MESSAGE.length} ${TAG}\r\n__exception__\r\n`;

/** What looks like the beginning of a report, or of another response's. */
const PARTS = [
  'a',
  '\r',
  '\n',
  '\r\n',
  '\r\n__exception__\r\n',
  REPORT.slice(0, 32),
  REPORT.replaceAll(TAG, 'x'),
];

const data = fc
  .array(fc.oneof(fc.constantFrom(...PARTS), fc.string({ maxLength: 40 })), { maxLength: 12 })
  .map((parts) => parts.join(''))
  // No data can know the tag.
  .filter((text) => !text.includes(TAG));

/** The bytes in pieces that end anywhere. */
async function* inPieces(text: string, ends: readonly number[], breaks: boolean): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  const cuts = [...ends.map((end) => end % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  for (const [index, end] of cuts.entries()) yield bytes.subarray(index === 0 ? 0 : cuts[index - 1], end);
  if (breaks) throw new Error('The connection broke.');
}

/** What is passed on, and the failure behind it. */
async function readAll(pieces: AsyncIterable<Buffer>, tag: string | undefined): Promise<[string, unknown]> {
  const passed: Buffer[] = [];
  const text = (): string => Buffer.concat(passed).toString();
  try {
    for await (const piece of await wholeResult(pieces, tag)) passed.push(piece);
    return [text(), undefined];
  } catch (error) {
    return [text(), error];
  }
}

const ends = fc.array(fc.nat(400), { maxLength: 8 });

test('a whole result is passed on as it is, whatever is in it', async () => {
  await fc.assert(
    fc.asyncProperty(data, ends, async (text, at) => {
      expect(await readAll(inPieces(text, at, false), TAG)).toEqual([text, undefined]);
    }),
  );
});

test('a failure behind it is thrown, and nothing of its report passed on', async () => {
  await fc.assert(
    fc.asyncProperty(data, ends, fc.boolean(), async (text, at, breaks) => {
      const [passed, error] = await readAll(inPieces(text + REPORT, at, breaks), TAG);
      expect(text.startsWith(passed)).toBe(true);
      expect(error).toMatchObject({ code: '395', type: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO' });
    }),
  );
});

test('a failure that has a meaning to clients has it', async () => {
  const report = REPORT.replace('395', '394').replace(
    'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO',
    'QUERY_WAS_CANCELLED',
  );
  const [, error] = await readAll(inPieces(`rows${report}`, [], false), TAG);
  expect(error).toMatchObject({ code: 'unavailable' });
});

test('a connection that breaks is a failure', async () => {
  const [passed, error] = await readAll(inPieces('rows', [2], true), TAG);
  expect([passed, error]).toEqual(['rows', new Error('The connection broke.')]);
});

test('pieces that end as a report begins are passed on as they are, and can be given back', async () => {
  const whole = takeReadBuffer();
  whole.fill('line\r\n'.repeat(100));
  const end = 6 * Math.floor(whole.length / 12);
  const pieces = async function* (): AsyncGenerator<Buffer> {
    yield* lendPieces(whole, whole.length, [
      [0, end],
      [end, 2 * end],
    ]);
  };
  const passed: Buffer[] = [];
  for await (const piece of await wholeResult(pieces(), TAG)) passed.push(piece);
  expect(Buffer.concat(passed).equals(whole.subarray(0, 2 * end))).toBe(true);
  expect(passed.filter(isLent)).toHaveLength(2);
  passed.forEach(giveBack);
  expect(takeReadBuffer()).toBe(whole);
});

test('without a tag nothing is taken for whole', async () => {
  expect(await readAll(inPieces('rows', [], false), undefined)).toEqual(['', expect.any(Error)]);
});
