import { expect, test } from '@jest/globals';
import { watchProgress } from '../../src/export-jobs/watch-progress.ts';

test('progress never becomes less, and is whole only at the end', async () => {
  const told = [undefined, 0, 0.4, 0.2, new Error('ClickHouse does not respond.'), 0.4, 0.7, 1];
  const done = new AbortController();
  const seen: number[] = [];
  const read = async (): Promise<number | undefined> => {
    const next = told.shift();
    if (told.length === 0) queueMicrotask(() => setImmediate(() => done.abort()));
    if (next instanceof Error) throw next;
    return next;
  };
  await watchProgress(read, done.signal, (progress) => seen.push(progress), 1);
  expect(seen).toEqual([0, 0.4, 0.7, 0.99]);
});
