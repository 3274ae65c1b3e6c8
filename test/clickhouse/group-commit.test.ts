import { expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { GroupCommit } from '../../src/clickhouse/group-commit.ts';

/** Commits that end when they are told to. */
function recorded(limits = { group: 10, waiting: 100 }) {
  const groups: (readonly number[])[] = [];
  const ends: { readonly resolve: (sum: number) => void; readonly reject: (error: Error) => void }[] = [];
  const commits = new GroupCommit<number, number>((items) => {
    groups.push(items);
    return new Promise((resolve, reject) => ends.push({ resolve, reject }));
  }, limits);
  return { groups, ends, commits };
}

/** Lets everything run that waits for nothing but its turn. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('what comes alone is committed at once, what comes meanwhile goes together', async () => {
  const { groups, ends, commits } = recorded();
  const first = commits.add(1, 1);
  expect(groups).toEqual([[1]]);
  const others = [2, 3, 4].map((item) => commits.add(item, 1));
  await settled();
  expect(groups).toEqual([[1]]);
  ends[0]?.resolve(1);
  expect(await first).toBe(1);
  await settled();
  expect(groups).toEqual([[1], [2, 3, 4]]);
  ends[1]?.resolve(9);
  expect(await Promise.all(others)).toEqual([9, 9, 9]);
});

test('a commit that fails fails those in it, and nobody else', async () => {
  const { ends, commits } = recorded();
  const first = commits.add(1, 1);
  const second = commits.add(2, 1);
  const third = commits.add(3, 1);
  ends[0]?.reject(new Error('lost'));
  await expect(first).rejects.toThrow('lost');
  await settled();
  ends[1]?.resolve(5);
  expect(await Promise.all([second, third])).toEqual([5, 5]);
});

test('one holder fills half of what may wait, and the next group has something of each', async () => {
  const { groups, ends, commits } = recorded({ group: 3, waiting: 10 });
  const first = commits.add(0, 1, 'flood');
  const flood = [1, 2, 3, 4, 5].map((item) => commits.add(item, 1, 'flood'));
  await expect(commits.add(6, 1, 'flood')).rejects.toMatchObject({ code: 'unavailable', retryAfter: 2 });
  const others = [commits.add(7, 1, 'other'), commits.add(8, 1, 'third')];
  for (let end = 0; end < 4; end++) {
    ends[end]?.resolve(end);
    await settled();
    await settled();
  }
  await Promise.all([first, ...flood, ...others]);
  expect(groups).toEqual([[0], [1, 7, 8], [2, 3, 4], [5]]);
});

test('what would make too much wait is refused, and taken again once there is room', async () => {
  const { ends, commits } = recorded({ group: 10, waiting: 10 });
  const running = commits.add(1, 10);
  const waiting = commits.add(2, 7);
  await expect(commits.add(3, 4)).rejects.toMatchObject({ code: 'unavailable', status: 503, retryAfter: 2 });
  const fits = commits.add(4, 3, 'another');
  await expect(commits.add(5, 1, 'another')).rejects.toMatchObject({ code: 'unavailable' });
  ends[0]?.resolve(0);
  await running;
  await settled();
  const later = commits.add(5, 10);
  ends[1]?.resolve(0);
  await Promise.all([waiting, fits]);
  await settled();
  ends[2]?.resolve(0);
  expect(await later).toBe(0);
});

test('what alone weighs more than may wait or go together is committed by itself', async () => {
  const { groups, ends, commits } = recorded({ group: 10, waiting: 10 });
  const large = commits.add(1, 50);
  const next = commits.add(2, 60);
  ends[0]?.resolve(0);
  await large;
  await settled();
  ends[1]?.resolve(0);
  await next;
  expect(groups).toEqual([[1], [2]]);
});

test('everything is committed once, in its order, and no group is heavier than it may be', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.boolean())), async (items) => {
      const groups: (readonly (readonly [number, number])[])[] = [];
      let inCommit = 0;
      const commits = new GroupCommit<readonly [number, number], void>(
        async (group) => {
          groups.push(group);
          expect(++inCommit).toBe(1);
          await settled();
          inCommit--;
        },
        { group: 10, waiting: 1_000_000 },
      );
      const added: Promise<void>[] = [];
      for (const [index, [weight, isPause]] of items.entries()) {
        added.push(commits.add([index, weight], weight));
        if (isPause) await settled();
      }
      await Promise.all(added);
      expect(groups.flat().map(([index]) => index)).toEqual(items.map((_, index) => index));
      for (const group of groups) {
        const weight = group.reduce((sum, [, one]) => sum + one, 0);
        expect(group.length === 1 || weight <= 10).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
});
