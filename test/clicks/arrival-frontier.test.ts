import { expect, test } from '@jest/globals';
import { SharedFrontier } from '../../src/clicks/arrival-frontier.ts';

test('many who ask at once share one query that began after they did', async () => {
  const answers: ((frontier: number) => void)[] = [];
  const shared = new SharedFrontier(() => new Promise((resolve) => answers.push(resolve)));
  const first = shared.get();
  const others = Array.from({ length: 100 }, () => shared.get());
  expect(answers).toHaveLength(1);
  answers[0]?.(1);
  expect(await first).toBe(1);
  await Promise.resolve();
  expect(answers).toHaveLength(2);
  answers[1]?.(2);
  expect(await Promise.all(others)).toEqual(Array(100).fill(2));
});

test('one that fails is no answer to those who asked after it began', async () => {
  let asked = 0;
  const shared = new SharedFrontier(async () => {
    if (++asked === 1) throw new Error('ClickHouse is away');
    return asked;
  });
  const results = await Promise.allSettled([shared.get(), shared.get()]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});
