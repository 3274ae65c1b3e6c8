import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from '@jest/globals';
import { RightOfWay, givingWay } from '../../src/fair-share/right-of-way.ts';

/** A thread whose time passes by what it does, and requests that end while it waits. */
function thread(rightOfWay: RightOfWay) {
  const waits: number[] = [];
  let now = 0;
  let onWait = (): number | undefined => undefined;
  const giveWay = givingWay(rightOfWay.shared, {
    now: () => now,
    wait: (_shared, _value, milliseconds) => {
      const passed = Math.min(onWait() ?? milliseconds, milliseconds);
      waits.push(passed);
      now += passed;
    },
  });
  return {
    waits,
    /** @param milliseconds the step of work before */
    giveWay: (milliseconds: number) => {
      now += milliseconds;
      giveWay();
    },
    /** @param work during the next wait; returns when it ends, milliseconds */
    whileWaiting: (work: () => number) => (onWait = work),
  };
}

describe('a thread', () => {
  test('works on without requests', () => {
    const { waits, giveWay } = thread(new RightOfWay());
    for (let step = 0; step < 100; step++) giveWay(1);
    expect(waits).toEqual([]);
  });

  test('waits until the last request has ended, and for no more', () => {
    const rightOfWay = new RightOfWay();
    const ends = [rightOfWay.take(), rightOfWay.take()];
    const { waits, giveWay, whileWaiting } = thread(rightOfWay);
    whileWaiting(() => {
      ends.pop()?.();
      return 3;
    });
    giveWay(60);
    giveWay(60);
    expect(waits).toEqual([3, 3]);
  });

  test('beside endless requests works three quarters of its time', () => {
    const rightOfWay = new RightOfWay();
    rightOfWay.take();
    const { waits, giveWay } = thread(rightOfWay);
    for (let step = 0; step < 1_000; step++) giveWay(3);
    expect(waits.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1_000);
  });

  test('has saved up no more than a tenth of a second after long work', () => {
    const rightOfWay = new RightOfWay();
    rightOfWay.take();
    const { waits, giveWay } = thread(rightOfWay);
    giveWay(60_000);
    expect(waits).toEqual([100]);
  });
});

describe('the right of way', () => {
  test('is given back once, however often that is asked', () => {
    const rightOfWay = new RightOfWay();
    const [first, second] = [rightOfWay.take(), rightOfWay.take()];
    first();
    first();
    expect(Atomics.load(rightOfWay.shared, 0)).toBe(1);
    second();
    expect(Atomics.load(rightOfWay.shared, 0)).toBe(0);
  });

  test('ends by itself for a request that is not short', async () => {
    const rightOfWay = new RightOfWay();
    const giveBack = rightOfWay.take();
    while (Atomics.load(rightOfWay.shared, 0) > 0) await delay(5);
    giveBack();
    expect(Atomics.load(rightOfWay.shared, 0)).toBe(0);
  });

  test('wakes a thread that waits', async () => {
    const rightOfWay = new RightOfWay();
    rightOfWay.take();
    const waiting = new Worker(
      "require('node:worker_threads').parentPort.postMessage(Atomics.wait(require('node:worker_threads').workerData, 0, 1))",
      { eval: true, workerData: rightOfWay.shared },
    );
    const [outcome]: unknown[] = await once(waiting, 'message');
    // The request may have ended before the thread has started.
    expect(['ok', 'not-equal']).toContain(outcome);
  });
});
