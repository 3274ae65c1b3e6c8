import { describe, expect, test } from '@jest/globals';
import { Slots } from '../../src/http/slots.ts';

const OPTIONS = { count: 2, waitMs: 30_000, maxWaiting: 3, refusal: 'Too much at once.' };

/** Work that ends when told to. */
function job() {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  let hasBegun = false;
  const run = async (): Promise<void> => {
    hasBegun = true;
    await ended;
  };
  return { run, end, hasBegun: () => hasBegun };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('slots', () => {
  test('so many run at once; the next begin in the order they came', async () => {
    const slots = new Slots(OPTIONS);
    const jobs = [job(), job(), job(), job()];
    const all = Promise.all(jobs.map(({ run }) => slots.within(run)));
    const begun = () => jobs.map(({ hasBegun }) => hasBegun());
    expect(begun()).toEqual([true, true, false, false]);
    jobs[1]?.end();
    await settled();
    expect(begun()).toEqual([true, true, true, false]);
    for (const { end } of jobs) end();
    await all;
    expect(begun()).toEqual([true, true, true, true]);
  });

  test('work that fails gives its slot back', async () => {
    const slots = new Slots({ ...OPTIONS, count: 1 });
    await expect(slots.within(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await slots.within(async () => 'done')).toBe('done');
  });

  test('who waits too long, and who comes when too many wait, is turned away', async () => {
    const busy = job();
    const hasty = new Slots({ ...OPTIONS, count: 1, waitMs: 1 });
    const first = hasty.within(busy.run);
    await expect(hasty.within(async () => {})).rejects.toMatchObject({ status: 503, retryAfter: 2 });
    const full = new Slots({ ...OPTIONS, count: 1, maxWaiting: 0 });
    const other = full.within(busy.run);
    await expect(full.within(async () => {})).rejects.toThrow('Too much at once.');
    busy.end();
    await Promise.all([first, other]);
  });

  test('who leaves while waiting frees the place', async () => {
    const slots = new Slots({ ...OPTIONS, count: 1, maxWaiting: 1 });
    const [busy, left, next] = [job(), job(), job()];
    const leaving = new AbortController();
    const first = slots.within(busy.run);
    const gone = slots.within(left.run, { signal: leaving.signal });
    leaving.abort();
    await expect(gone).rejects.toThrow();
    const second = slots.within(next.run);
    busy.end();
    next.end();
    await Promise.all([first, second]);
    expect([left.hasBegun(), next.hasBegun()]).toEqual([false, true]);
  });

  test('heavy work takes more of them, and all of them when it wants more than there are', async () => {
    const slots = new Slots(OPTIONS);
    const [light, heavy] = [job(), job()];
    const both = [slots.within(light.run), slots.within(heavy.run, { weight: 5 })];
    expect(heavy.hasBegun()).toBe(false);
    light.end();
    await settled();
    expect(heavy.hasBegun()).toBe(true);
    heavy.end();
    await Promise.all(both);
  });
});
