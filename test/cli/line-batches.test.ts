import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { LineBatches } from '../../src/cli/line-batches.ts';

const LONG_MS = 60_000;

let source: PassThrough;
let ending: AbortController;
let batches: LineBatches;
beforeEach(() => {
  source = new PassThrough({ highWaterMark: 1_048_576 });
  ending = new AbortController();
  batches = new LineBatches(source, ending.signal);
});

const next = async (idleMs = LONG_MS) => {
  const { bytes, isLast } = await batches.next(idleMs);
  return [bytes.toString(), isLast];
};

test('a line that comes in two writes is one, and waits for its end', async () => {
  source.write('one\ntw');
  expect(await next()).toEqual(['one\n', false]);
  expect(await next(1)).toEqual(['', false]);
  source.write('o\n');
  expect(await next()).toEqual(['two\n', false]);
});

test('the end of the input comes with a last line that has no end', async () => {
  source.end('one\ntwo');
  expect(await next()).toEqual(['one\ntwo', true]);
});

test('a signal leaves out a line that has no end', async () => {
  source.write('one\n');
  expect(await next()).toEqual(['one\n', false]);
  const last = next();
  source.write('two\nthr');
  await new Promise(setImmediate);
  ending.abort();
  expect(await last).toEqual(['two\n', true]);
});

test('a failure is thrown once the lines before it are taken', async () => {
  source.write('one\n');
  await new Promise(setImmediate);
  source.destroy(new Error('broken'));
  expect(await next()).toEqual(['one\n', false]);
  await expect(next()).rejects.toThrow('broken');
});

describe('much', () => {
  test('is cut into batches, and read no further than they are taken', async () => {
    const line = `${'x'.repeat(1_048_575)}\n`;
    let sent = 0;
    async function* lines(): AsyncGenerator<Buffer> {
      for (; sent < 20; sent++) yield Buffer.from(line);
    }
    const many = new LineBatches(lines(), ending.signal);
    const first = await many.next(LONG_MS);
    expect([first.bytes.length, first.isLast]).toEqual([8 * line.length, false]);
    let total = first.bytes.length;
    for (let isLast = false; !isLast;) {
      expect(sent * line.length - total).toBeLessThanOrEqual(8 * line.length);
      const batch = await many.next(LONG_MS);
      total += batch.bytes.length;
      isLast = batch.isLast;
    }
    expect(total).toBe(20 * line.length);
  });

  test('without a line end is handed on in pieces', async () => {
    source.end(Buffer.alloc(9 * 1_048_576, 'x'));
    const first = await batches.next(LONG_MS);
    expect(first.bytes.length).toBeGreaterThanOrEqual(8 * 1_048_576);
    expect(first.isLast).toBe(false);
  });
});
