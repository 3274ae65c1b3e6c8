import { describe, expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import siphash from 'siphash';
import { SIPHASH_PADDING, sipHash24 } from '../../../src/clicks/enrich/siphash.ts';
import { sipHash24ByTheBook } from '../../support/siphash.ts';

const bytesUpTo = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index));

/** The hash of a message that lies somewhere in a buffer full of something else. */
function hashOf(key: Buffer, message: Buffer): bigint {
  const room = Buffer.alloc(message.length + SIPHASH_PADDING, 0xaa);
  message.copy(room);
  const view = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return sipHash24(view(key), view(room), message.length);
}

function byThePackage(key: Buffer, message: Buffer): bigint {
  const words = Uint32Array.from([0, 4, 8, 12], (place) => key.readUInt32LE(place));
  const { h, l } = siphash.hash(words, message);
  return (BigInt(h) << 32n) | BigInt(l);
}

describe('SipHash-2-4', () => {
  /** Of the 64 vectors in the authors' reference code (key 00…0f, message 00 01 02 …), the bytes as printed there. */
  test.each([
    [0, '310e0edd47db6f72'],
    [1, 'fd67dc93c539f874'],
    [2, '5a4fa9d909806c0d'],
    [3, '2d7efbd796666785'],
    [7, '37d1018bf50002ab'],
    [8, '6224939a79f5f593'],
    [15, 'e545be4961ca29a1'],
    [63, '724506eb4c328a95'],
  ])('a message of %i bytes gives the published vector', (length, vector) => {
    const expected = Buffer.from(vector, 'hex').readBigUInt64LE(0);
    expect(sipHash24ByTheBook(bytesUpTo(16), bytesUpTo(length))).toBe(expected);
    expect(hashOf(bytesUpTo(16), bytesUpTo(length))).toBe(expected);
  });

  test('any key and message give what the paper and the package of that name give', () => {
    const bytes = (size: { minLength?: number; maxLength: number }) =>
      fc.uint8Array(size).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(bytes({ minLength: 16, maxLength: 16 }), bytes({ maxLength: 600 }), (key, message) => {
        const hash = hashOf(key, message);
        expect(hash).toBe(sipHash24ByTheBook(key, message));
        expect(hash).toBe(byThePackage(key, message));
      }),
      { numRuns: 2_000 },
    );
  });
});
