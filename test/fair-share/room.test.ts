import { expect, test } from '@jest/globals';
import { FairShare } from '../../src/fair-share/fair-share.ts';
import { Room } from '../../src/fair-share/room.ts';

const SIZE = 1_000_000;

function share(): FairShare {
  return new FairShare({
    resource: 'bytes',
    size: SIZE,
    each: { owner: SIZE / 2, anonymous: 1 },
    anonymous: 1,
    maxWaitMs: 0,
    maxWaiting: 0,
    refusal: 'Full.',
  });
}

function roomOf(bytes: FairShare, name: string, units: number): Room {
  const lease = bytes.take({ kind: 'owner', name }, units);
  if (lease === undefined) throw new Error('No lease.');
  return new Room(bytes, lease);
}

test('what fits the lease takes no more, what does not makes it grow, and what is given is there again', () => {
  const bytes = share();
  const room = roomOf(bytes, 'a', 100_000);
  for (let count = 0; count < 100; count++) room.take(1_000);
  expect(bytes.state.inUse).toBe(100_000);
  room.take(1);
  expect(bytes.state.inUse).toBeGreaterThan(100_000);
  room.give(100_001);
  const grown = bytes.state.inUse;
  room.take(grown);
  expect(bytes.state.inUse).toBe(grown);
});

test('the last bit of a share can be had, and not more', () => {
  const room = roomOf(share(), 'a', 0);
  room.take(SIZE / 2 - 1);
  room.take(1);
  expect(() => room.take(1)).toThrow('send it in parts');
});

test('one that would fit but for others is told to try again', () => {
  const bytes = share();
  roomOf(bytes, 'b', SIZE / 2);
  roomOf(bytes, 'c', SIZE / 4);
  const room = roomOf(bytes, 'a', 0);
  room.take(SIZE / 4);
  expect(() => room.take(1)).toThrow('Full.');
});
