import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { GrantedRoom } from '../../../src/clicks/threads/granted-room.ts';
import { ROOM_ANSWERS, type ThreadRoom } from '../../../src/clicks/threads/ingest-calls.ts';

/** Wakes whoever waits for the answer a few times before it answers. */
const ANSWERING = `
  const { parentPort, workerData: { answer, value } } = require('node:worker_threads');
  parentPort.on('message', () => {
    for (let woken = 0; woken < 3; ) woken += Atomics.notify(answer, 0);
    Atomics.store(answer, 0, value);
    Atomics.notify(answer, 0);
  });
`;

test.each(['granted', 'refused'] as const)(
  'being woken without an answer is none, and it is %s after it',
  async (outcome) => {
    const answer = new Int32Array(new SharedArrayBuffer(4));
    const answering = new Worker(ANSWERING, {
      eval: true,
      workerData: { answer, value: ROOM_ANSWERS[outcome] },
    });
    try {
      await once(answering, 'online');
      const shared: ThreadRoom = { most: 1_000_000, granted: 1_000, answer };
      const asked: number[] = [];
      const room = new GrantedRoom(shared, (units) => {
        asked.push(units);
        answering.postMessage('', []);
      });
      const taking = () => room.take(2_000);
      if (outcome === 'granted') expect(taking).not.toThrow();
      else expect(taking).toThrow('no room');
      expect(asked).toHaveLength(outcome === 'granted' ? 1 : 2);
    } finally {
      await answering.terminate();
    }
  },
);
