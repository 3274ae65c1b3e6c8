import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { RUNNING_EACH, type Turn, turnsOf } from '../../src/export-jobs/turns.ts';

const NOW = 10;

const turns = fc.array(
  fc.record({
    job: fc.record({ ownerId: fc.constantFrom('a', 'b', 'c') }),
    isRunning: fc.boolean(),
    notBefore: fc.nat(20),
  }),
  { maxLength: 12 },
);

const ofOwner = (all: readonly Turn[], ownerId: string) => all.filter(({ job }) => job.ownerId === ownerId);

test('as many run as there is room for, in their order, and no owner has more than its part', () => {
  fc.assert(
    fc.property(turns, fc.integer({ min: 1, max: 6 }), (all, maxRunning) => {
      const { due, next } = turnsOf(all, { maxRunning, now: NOW });
      const running = all.filter(({ isRunning }) => isRunning);
      const waiting = all.filter(({ isRunning }) => !isRunning);
      const ready = waiting.filter(({ notBefore }) => notBefore <= NOW);
      expect(due).toEqual(ready.filter((one) => due.includes(one)));
      expect(next).toBe(Math.min(Infinity, ...waiting.map((one) => one.notBefore).filter((at) => at > NOW)));
      const isFull = running.length + due.length >= maxRunning;
      for (const one of ready) {
        const { ownerId } = one.job;
        const own = ofOwner([...running, ...due], ownerId).length;
        if (due.includes(one)) expect(ofOwner(running, ownerId).length).toBeLessThan(RUNNING_EACH);
        // Whoever is passed over has no room.
        else expect(isFull || own >= RUNNING_EACH).toBe(true);
      }
      for (const ownerId of ['a', 'b', 'c']) {
        const [before, begun] = [ofOwner(running, ownerId).length, ofOwner(due, ownerId).length];
        if (begun > 0) expect(before + begun).toBeLessThanOrEqual(RUNNING_EACH);
      }
      expect(due.length).toBeLessThanOrEqual(Math.max(0, maxRunning - running.length));
    }),
  );
});
