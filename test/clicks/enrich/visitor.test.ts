import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import siphash from 'siphash';
import { visitorHasher } from '../../../src/clicks/enrich/visitor.ts';

const MASK = (1n << 64n) - 1n;

const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & MASK;

/** SipHash-2-4 as its paper describes it, in 64-bit arithmetic. */
function sipHash24(key: Buffer, message: Buffer): bigint {
  const k0 = key.readBigUInt64LE(0);
  const k1 = key.readBigUInt64LE(8);
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn;
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  const round = (): void => {
    v0 = (v0 + v1) & MASK;
    v1 = rotate(v1, 13n) ^ v0;
    v0 = rotate(v0, 32n);
    v2 = (v2 + v3) & MASK;
    v3 = rotate(v3, 16n) ^ v2;
    v0 = (v0 + v3) & MASK;
    v3 = rotate(v3, 21n) ^ v0;
    v2 = (v2 + v1) & MASK;
    v1 = rotate(v1, 17n) ^ v2;
    v2 = rotate(v2, 32n);
  };
  const padded = Buffer.alloc(Math.floor(message.length / 8) * 8 + 8);
  message.copy(padded);
  padded[padded.length - 1] = message.length & 0xff;
  for (let offset = 0; offset < padded.length; offset += 8) {
    const word = padded.readBigUInt64LE(offset);
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  v2 ^= 0xffn;
  for (let count = 0; count < 4; count += 1) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

const bytesUpTo = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index));

describe('siphash', () => {
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
    expect(sipHash24(bytesUpTo(16), bytesUpTo(length))).toBe(expected);
    const key = Uint32Array.of(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c);
    const { h, l } = siphash.hash(key, bytesUpTo(length));
    expect((BigInt(h) << 32n) | BigInt(l)).toBe(expected);
  });
});

describe('visitorHasher', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });

  test('is SipHash-2-4 of the UTF-8 of the pair, under the first half of the secret’s SHA-256', () => {
    fc.assert(
      fc.property(text, text, text, (secret, ip, userAgent) => {
        const key = createHash('sha256').update(secret).digest().subarray(0, 16);
        const message = Buffer.from(`${ip.length}:${ip}${userAgent}`);
        expect(visitorHasher(secret)(ip, userAgent)).toBe(sipHash24(key, message));
      }),
    );
  });

  const hash = visitorHasher('a secret');

  test('tells apart pairs that join to the same text', () => {
    const pairs: readonly (readonly [string, string])[] = [
      ['192.0.2.1', '1'],
      ['192.0.2.11', ''],
      ['', '192.0.2.11'],
      ['', '9:192.0.2.11'],
      ['192.0.2', '.11'],
    ];
    expect(new Set(pairs.map(([ip, userAgent]) => hash(ip, userAgent))).size).toBe(pairs.length);
  });

  test('tells apart user agents beyond ASCII', () => {
    expect(new Set(['ä', 'ö', '😀', '😁', '中', '丮'].map((userAgent) => hash('::1', userAgent))).size).toBe(
      6,
    );
  });

  test('takes absent as empty', () => {
    expect(hash(undefined, undefined)).toBe(hash('', ''));
    expect(hash('::1', undefined)).toBe(hash('::1', ''));
    expect(hash(undefined, 'curl')).toBe(hash('', 'curl'));
  });

  test('depends on the secret', () => {
    expect(visitorHasher('another secret')('::1', 'curl')).not.toBe(hash('::1', 'curl'));
  });
});
