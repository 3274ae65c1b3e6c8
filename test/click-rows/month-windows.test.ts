import { expect, test } from '@jest/globals';
import { monthWindows } from '../../src/click-rows/month-windows.ts';
import { SEED, seededRandom } from '../support/random.ts';

const random = seededRandom(SEED);

const EARLIEST = Date.parse('2000-01-01T00:00Z');

test.each(['start', 'end'] as const)(
  `from its %s a range falls into consecutive parts (SPOOR_TEST_SEED=${SEED})`,
  (from) => {
    for (let round = 0; round < 200; round++) {
      const start = EARLIEST + random(800_000_000) * 1000;
      const range = { start, end: start + random(2 ** 20) ** random(3) };
      const parts = [...monthWindows(range, from)];
      const inOrder = from === 'start' ? parts : parts.toReversed();
      expect(inOrder[0]?.start).toBe(range.start);
      expect(inOrder.at(-1)?.end).toBe(range.end);
      inOrder.slice(1).forEach((part, index) => expect(part.start).toBe((inOrder[index]?.end ?? 0) + 1));
    }
  },
);

test('what is left of the month, then one month, then always twice as many', () => {
  const at = (text: string): number => Date.parse(`${text}Z`);
  const range = { start: at('2024-05-03T00:00'), end: at('2026-03-15T12:00') };
  expect(
    [...monthWindows(range, 'end')].map(({ start }) => new Date(start).toISOString().slice(0, 10)),
  ).toEqual(['2026-03-01', '2026-02-01', '2025-12-01', '2025-08-01', '2024-12-01', '2024-05-03']);
  expect(
    [...monthWindows(range, 'start')].map(({ end }) => new Date(end).toISOString().slice(0, 10)),
  ).toEqual(['2024-05-31', '2024-06-30', '2024-08-31', '2024-12-31', '2025-08-31', '2026-03-15']);
});
