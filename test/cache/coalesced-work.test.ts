import { expect, test } from '@jest/globals';
import { CoalescedWork } from '../../src/cache/coalesced-work.ts';

function begun() {
  let settle: (result: string) => void = () => {};
  const seen: AbortSignal[] = [];
  const work = new CoalescedWork((signal) => {
    seen.push(signal);
    return new Promise<string>((resolve) => (settle = resolve));
  });
  return { work, seen, settle: (result: string) => settle(result) };
}

const STAYS = new AbortController().signal;

test('is aborted when the last who waits leaves, not before', async () => {
  const { work, seen } = begun();
  const [one, two] = [new AbortController(), new AbortController()];
  const waits = [work.wait(one.signal), work.wait(two.signal)];
  await Promise.resolve();
  one.abort();
  await expect(waits[0]).rejects.toThrow(/abort/i);
  expect([work.isAborted, seen[0]?.aborted]).toEqual([false, false]);
  two.abort();
  await expect(waits[1]).rejects.toThrow(/abort/i);
  expect([work.isAborted, seen[0]?.aborted, seen.length]).toEqual([true, true, 1]);
});

test('who stays gets the result, whoever leaves', async () => {
  const { work, settle } = begun();
  const leaving = new AbortController();
  const [left, stayed] = [work.wait(leaving.signal), work.wait(STAYS)];
  await Promise.resolve();
  leaving.abort();
  settle('done');
  await expect(left).rejects.toThrow(/abort/i);
  expect(await stayed).toBe('done');
  expect(await work.wait(STAYS)).toBe('done');
});

test('a failure is everybody’s', async () => {
  const work = new CoalescedWork<string>(() => Promise.reject(new Error('no luck')));
  const waits = await Promise.allSettled([work.wait(STAYS), work.wait(STAYS)]);
  expect(waits.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
