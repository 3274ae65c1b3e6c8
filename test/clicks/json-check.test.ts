import { expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { isJson } from '../../src/clicks/json-check.ts';

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('what JSON.parse takes is JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 1, '\t', '\r\n'), (value, space) => {
      const text = JSON.stringify(value, undefined, space);
      // A space of another kind than JSON has makes it no JSON.
      expect(isJson(text)).toBe(parses(text));
      expect(isJson(` \n${text}\t\r`)).toBe(parses(` \n${text}\t\r`));
    }),
    { numRuns: 400 },
  );
});

const PIECES = [
  ['"', '[', ']', '{', '}', ',', ':', '\\', ' ', '\n', '\t', '\u0001', '\u00a0', 'é'],
  ['0', '12', '-', '+', '.', 'e', 'E', 'u', '01', '1.', '.5', '1.5e-3', 'NaN', 'null', 'true', 'false'],
  ['"a"', '"a":', '"\\u12aF"', '"\\u12"', '"\\x"'],
].flat();

test('what is made of its pieces is JSON where JSON.parse takes it', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 10 }), (pieces) => {
      const text = pieces.join('');
      expect([text, isJson(text)]).toEqual([text, parses(text)]);
    }),
    { numRuns: 4_000 },
  );
});

test('JSON with one character changed is JSON where JSON.parse takes it', () => {
  const changed = fc.tuple(fc.jsonValue(), fc.nat(), fc.constantFrom(...PIECES)).map(([value, at, piece]) => {
    const text = JSON.stringify(value);
    const place = at % (text.length + 1);
    return text.slice(0, place) + piece + text.slice(place + 1);
  });
  fc.assert(
    fc.property(changed, (text) => expect([text, isJson(text)]).toEqual([text, parses(text)])),
    { numRuns: 2_000 },
  );
});

test('depth is no matter', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  expect(isJson(deep)).toBe(true);
  expect(isJson(deep.slice(1))).toBe(false);
});
