import { expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { itemsBytes, jsonBytes, tagOf } from '../../../src/http/response/json-body.ts';

/** A list that is no array, and may be gone through more than once. */
function lazy<Item>(items: readonly Item[]): Iterable<Item> {
  return { [Symbol.iterator]: () => items.values() };
}

const row = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.double(), fc.integer(), fc.constant(null)));
const answer = fc.record({
  plain: fc.jsonValue(),
  missing: fc.constant(undefined),
  '"quoted"{': fc.constantFrom('', '{', '}', '\u2028"\\'),
  metrics: fc.dictionary(fc.string(), fc.array(row, { maxLength: 600, size: 'max' }), { maxKeys: 3 }),
});

test('an answer is written as JSON.stringify writes it, its lists made as they are written', async () => {
  await fc.assert(
    fc.asyncProperty(answer, async (value) => {
      const lists = Object.entries(value.metrics).map(([name, rows]) => [name, lazy(rows)]);
      const written = await jsonBytes({ ...value, metrics: Object.fromEntries(lists) });
      expect(JSON.parse(written.toString())).toEqual(JSON.parse(JSON.stringify(value)));
      expect(written.toString()).toBe(
        JSON.stringify({ ...value, metrics: Object.fromEntries(Object.entries(value.metrics)) }),
      );
    }),
    { numRuns: 10 },
  );
});

test('others have a turn between the elements of a list that are long', async () => {
  let turns = 0;
  const turnsAt: number[] = [];
  const ticking = setInterval(() => turns++, 0);
  const items = Array.from({ length: 12 }, (_, place) => ({ place, text: 'x'.repeat(1_000_000) }));
  const written = await itemsBytes(items, (item) => {
    turnsAt.push(turns);
    return item;
  });
  clearInterval(ticking);
  expect(written.toString()).toBe(JSON.stringify({ items }));
  expect(new Set(turnsAt.slice(3)).size).toBeGreaterThan(1);
});

test('a tag is of everything but the time an answer was made at', async () => {
  const body = (made: string, clicks: number) => Buffer.from(JSON.stringify({ made, clicks }));
  const tags = await Promise.all([
    tagOf(body('2026-01-01T00:00:00.000Z', 1), '2026-01-01T00:00:00.000Z'),
    tagOf(body('2026-01-02T00:00:00.000Z', 1), '2026-01-02T00:00:00.000Z'),
    tagOf(body('2026-01-01T00:00:00.000Z', 2), '2026-01-01T00:00:00.000Z'),
  ]);
  expect(tags[0]).toBe(tags[1]);
  expect(tags[2]).not.toBe(tags[0]);
});
