import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { BodyPieces } from '../../../src/http/body/body-pieces.ts';

test('pieces of any size come together in order', async () => {
  const size = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 70_000 }), fc.constantFrom(65_536, 131_072));
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 12 }), async (sizes) => {
      const given = sizes.map((length, place) => Buffer.alloc(length, `${place}-`));
      const pieces = new BodyPieces();
      for (const piece of given) pieces.add(piece);
      const whole = Buffer.concat(given);
      expect(pieces.length).toBe(whole.length);
      expect((await pieces.joined()).equals(whole)).toBe(true);
    }),
  );
});
