import { expect, test } from '@jest/globals';
import { ShortCodeLock } from '../../src/urls/short-code-lock.ts';

/** Work that lasts until it is told to end. */
function untilTold(): {
  readonly work: () => Promise<void>;
  readonly end: () => void;
  readonly began: Promise<void>;
} {
  let end = (): void => {};
  let begin = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const began = new Promise<void>((resolve) => (begin = resolve));
  return {
    work: () => {
      begin();
      return ended;
    },
    end,
    began,
  };
}

test('a removal waits for the clicks of its code, and later clicks for the removal', async () => {
  const lock = new ShortCodeLock();
  const order: string[] = [];
  const clicks = untilTold();
  const entered = lock.within(['a', 'b'], async () => {
    await clicks.work();
    order.push('clicks');
  });
  await clicks.began;
  const removed = lock.alone('b', async () => void order.push('removal'));
  const later = lock.within(['b'], async () => void order.push('later clicks'));
  await lock.within(['c'], async () => void order.push('another code'));
  clicks.end();
  await Promise.all([entered, removed, later]);
  expect(order).toEqual(['another code', 'clicks', 'removal', 'later clicks']);
});

test('clicks and removals of the same two codes, whatever their order, do not wait for each other for ever', async () => {
  const lock = new ShortCodeLock();
  const first = untilTold();
  const removal = lock.alone('x', first.work);
  await first.began;
  const all = [
    lock.within(['x', 'y'], async () => 1),
    lock.alone('x', async () => 2),
    lock.within(['y', 'x'], async () => 3),
    lock.alone('y', async () => 4),
  ];
  first.end();
  expect(await Promise.all(all)).toEqual([1, 2, 3, 4]);
  await removal;
});

test('entering by very many codes lets others use the event loop, and a shut gate in between stops it', async () => {
  const lock = new ShortCodeLock();
  const codes = Array.from({ length: 200_000 }, (_, place) => `code ${place}`);
  const order: string[] = [];
  const entering = lock.within(codes, async () => void order.push('clicks'));
  await new Promise((resolve) => setImmediate(resolve));
  const shut = lock.shut(async () => void order.push('shut'));
  await Promise.all([entering, shut]);
  expect(order).toEqual(['shut', 'clicks']);
});
