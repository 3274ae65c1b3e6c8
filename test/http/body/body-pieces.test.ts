import { expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { BodyPieces } from '../../../src/http/body/body-pieces.ts';

test('pieces of any size come together in order', async () => {
  const size = fc.oneof(
    fc.nat({ max: 3 }),
    fc.nat({ max: 70_000 }),
    fc.constantFrom(16_384, 65_536, 131_072),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 20 }), async (sizes) => {
      const given = sizes.map((length, place) => Buffer.alloc(length, `${place}-`));
      const pieces = new BodyPieces();
      for (const piece of given) pieces.add(piece);
      const whole = Buffer.concat(given);
      expect(pieces.length).toBe(whole.length);
      expect((await pieces.joined()).equals(whole)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('a piece does not keep a buffer that is larger by far', async () => {
  const received = Buffer.alloc(65_536, 'x');
  const pieces = new BodyPieces();
  pieces.add(Buffer.from('-'));
  pieces.add(received.subarray(0, 20_000));
  // A copy keeps what it was made of.
  received.fill('y');
  expect((await pieces.joined()).toString()).toBe(`-${'x'.repeat(20_000)}`);
});
