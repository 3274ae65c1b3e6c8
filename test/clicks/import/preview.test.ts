import { expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { bareRow } from '../../../src/clicks/click-row.ts';
import { type ImportPreview, PreviewBuilder, mergePreviews } from '../../../src/clicks/import/preview.ts';

function previewOf(codes: readonly string[]): ImportPreview {
  const builder = new PreviewBuilder();
  for (const code of codes) builder.add(bareRow({ short_code: code, clicked_at: 0 }));
  return builder.build();
}

test('a preview has the first clicks and the commonest codes, in however many batches they come', () => {
  const batches = fc.array(
    fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'), { maxLength: 40 }),
    {
      minLength: 1,
    },
  );
  fc.assert(
    fc.property(batches, (codes) => {
      const merged = codes.map(previewOf).reduce<ImportPreview | undefined>(mergePreviews, undefined);
      const all = codes.flat();
      expect(merged?.clicks.map((click) => click['short_code'])).toEqual(all.slice(0, 10));
      const counts = [...new Set(all)].map((code) => [code, all.filter((one) => one === code).length]);
      expect(new Map(merged?.codes)).toEqual(new Map(counts as [string, number][]));
      const numbers = merged?.codes.map(([, clicks]) => clicks);
      expect(numbers).toEqual(numbers?.toSorted((one, other) => other - one));
    }),
  );
});

test('of many codes, a preview has the commonest', () => {
  const codes = Array.from({ length: 3_000 }, (_, place) => `code-${place}`);
  const { codes: kept } = previewOf([...codes, ...codes.slice(2_900), ...codes.slice(2_990)]);
  expect(kept).toHaveLength(1_000);
  expect(kept.slice(0, 10)).toEqual(codes.slice(2_990).map((code) => [code, 3]));
  expect(kept.slice(10, 100)).toEqual(codes.slice(2_900, 2_990).map((code) => [code, 2]));
  expect(kept.slice(100).every(([, clicks]) => clicks === 1)).toBe(true);
});

test('a click is shown as it is stored, its time as text and without the visitor', () => {
  const builder = new PreviewBuilder();
  builder.add(
    bareRow({ short_code: 'a', clicked_at: Date.UTC(2026, 0, 24), redirect_ms: 1.5, country: 'DE' }),
  );
  const [click] = builder.build().clicks;
  expect(click).toMatchObject({ short_code: 'a', clicked_at: '2026-01-24T00:00:00.000Z', redirect_ms: 1.5 });
  expect(click).toMatchObject({ country: 'DE', referrer: 'Direct', is_bot: false });
  expect(click).not.toHaveProperty('visitor');
});
