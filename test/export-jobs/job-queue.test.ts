import { expect, test } from '@jest/globals';
import { type AttemptEnd, JobQueue } from '../../src/export-jobs/job-queue.ts';
import { newJob } from '../../src/export-jobs/new-job.ts';

const jobTo = (id: string, destination: string | null) =>
  newJob({
    id,
    ownerId: id,
    order: { what: 'stats', format: 'csv', destination, fileName: null, scopes: [] },
    instance: 'here',
    createdAt: 0,
    expiresAt: 1,
  });

test('after a destination did not respond one of its jobs at a time finds out, ever less often, and the others go on', async () => {
  let clock = 0;
  const begun: string[] = [];
  const settled: Promise<void>[] = [];
  const queue = new JobQueue({
    maxRunning: 1,
    now: () => clock,
    run: async ({ job }): Promise<AttemptEnd> => {
      begun.push(job.id);
      return job.order.destination === 'dead'
        ? { isToBeRetried: true, hasResponded: false }
        : { isToBeRetried: false, hasResponded: true };
    },
  });
  for (const id of ['a', 'b', 'c']) queue.add(jobTo(id, 'dead'), 0);
  const others = [queue.add(jobTo('file', null), 0), queue.add(jobTo('other', 'alive'), 0)];
  queue.wake();
  await Promise.all(others.map(({ ended }) => ended));
  expect(begun).toEqual(['a', 'file', 'other']);
  // One a pause, which is twice as long each time.
  const attempts: number[] = [];
  for (clock = 1; clock <= 15_000; clock++) {
    const before = begun.length;
    queue.wake();
    if (begun.length === before) continue;
    attempts.push(clock);
    await Promise.all(settled);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(attempts).toEqual([1_000, 3_000, 7_000, 15_000]);
  await queue.close();
});

test('a destination that is tried again and does not answer keeps nobody waiting, also where one job runs at once', async () => {
  let clock = 0;
  let attempts = 0;
  const queue = new JobQueue({
    maxRunning: 1,
    now: () => clock,
    run: async ({ job }, signal): Promise<AttemptEnd> => {
      if (job.order.destination !== 'dead') return { isToBeRetried: false, hasResponded: true };
      if (++attempts === 2) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { isToBeRetried: true, hasResponded: false };
    },
  });
  const [dead, file] = [queue.add(jobTo('a', 'dead'), 0), queue.add(jobTo('file', null), 0)];
  queue.wake();
  await file.ended;
  clock = 1_000;
  queue.wake();
  expect([attempts, dead.isRunning]).toEqual([2, true]);
  const [own, other] = [queue.add(jobTo('own', null), 0), queue.add(jobTo('other', 'alive'), 0)];
  queue.wake();
  await Promise.all([own.ended, other.ended]);
  expect(dead.isRunning).toBe(true);
  await queue.close();
});
