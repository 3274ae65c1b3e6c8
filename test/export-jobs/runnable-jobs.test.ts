import { expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { type QueuedJob, maxRunningEach, runnableJobs } from '../../src/export-jobs/runnable-jobs.ts';

const NOW = 10;

const turns = fc.array(
  fc.record({
    job: fc.record({
      ownerId: fc.constantFrom('a', 'b', 'c'),
      order: fc.record({ destination: fc.constantFrom(null, 'x', 'y') }),
    }),
    isRunning: fc.boolean(),
    notBefore: fc.nat(20),
  }),
  { maxLength: 12 },
);

const ofOwner = (all: readonly QueuedJob[], ownerId: string) =>
  all.filter(({ job }) => job.ownerId === ownerId);
const to = (all: readonly QueuedJob[], name: string | null) =>
  all.filter(({ job }) => name !== null && job.order.destination === name);

test('as many run as there is room for, in their order, and no owner or destination has more than its part', () => {
  fc.assert(
    fc.property(turns, fc.integer({ min: 1, max: 6 }), (all, maxRunning) => {
      const { due, next } = runnableJobs(all, { maxRunning, now: NOW });
      const running = all.filter(({ isRunning }) => isRunning);
      const waiting = all.filter(({ isRunning }) => !isRunning);
      const ready = waiting.filter(({ notBefore }) => notBefore <= NOW);
      expect(due).toEqual(ready.filter((one) => due.includes(one)));
      expect(next).toBe(Math.min(Infinity, ...waiting.map((one) => one.notBefore).filter((at) => at > NOW)));
      const isFull = running.length + due.length >= maxRunning;
      const most = maxRunningEach(maxRunning);
      for (const one of ready.filter((other) => !due.includes(other))) {
        // Whoever is passed over has no room.
        const ofSame = ofOwner([...running, ...due], one.job.ownerId).length;
        const toSame = to([...running, ...due], one.job.order.destination).length;
        expect(isFull || ofSame >= most.owner || toSame >= most.destination).toBe(true);
      }
      for (const ownerId of ['a', 'b', 'c']) {
        const [before, begun] = [ofOwner(running, ownerId).length, ofOwner(due, ownerId).length];
        if (begun > 0) expect(before + begun).toBeLessThanOrEqual(most.owner);
      }
      for (const name of ['x', 'y']) {
        const [before, begun] = [to(running, name).length, to(due, name).length];
        if (begun > 0) expect(before + begun).toBeLessThanOrEqual(most.destination);
      }
      expect(due.length).toBeLessThanOrEqual(Math.max(0, maxRunning - running.length));
    }),
  );
});

const waiting = (ownerId: string, destination: string | null): QueuedJob => ({
  job: { ownerId, order: { destination } },
  isRunning: false,
  notBefore: 0,
});

test.each([1, 2, 4])(
  'one job at a time to destinations that are down has a place beside the %i for others',
  (maxRunning) => {
    const options = { maxRunning, now: NOW, isDown: (name: string | null) => name !== null };
    const down = [waiting('a', 'dead'), waiting('b', 'dead'), waiting('c', 'gone')];
    const files = Array.from({ length: 5 }, (_, owner) => waiting(String(owner), null));
    const all = [...down, ...files];
    expect(runnableJobs(all, options).due).toEqual([down[0], ...files.slice(0, maxRunning)]);
    const trial = { ...waiting('0', 'dead'), isRunning: true, isTrial: true };
    expect(runnableJobs([trial, ...all], options).due).toEqual(files.slice(0, maxRunning));
  },
);

test('a destination that does not respond leaves half of the room', () => {
  const dead = ['a', 'a', 'b', 'b'].map((ownerId) => waiting(ownerId, 'dead'));
  const [file, other] = [waiting('c', null), waiting('c', 'other')];
  const { due } = runnableJobs([...dead, file, other], { maxRunning: 4, now: NOW });
  expect(due).toEqual([dead[0], dead[1], file, other]);
});

test.each([2, 3, 4, 8])(
  'of %i that run at once, neither an owner nor a destination has all',
  (maxRunning) => {
    const { owner, destination } = maxRunningEach(maxRunning);
    expect(Math.max(owner, destination)).toBeLessThan(maxRunning);
  },
);
