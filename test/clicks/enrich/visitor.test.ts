import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { type VisitorTraits, visitorHasher } from '../../../src/clicks/enrich/visitor.ts';
import { sipHash24ByTheBook } from '../../support/siphash.ts';

describe('visitorHasher', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  const hasherOf =
    (secret: string) =>
    (ip?: string, userAgent?: string, id?: string): bigint => {
      const traits: VisitorTraits = { ip, user_agent: userAgent, visitor_id: id };
      return visitorHasher(secret)(traits);
    };

  test('is SipHash-2-4 of the UTF-8 of the pair, under the first half of the secret’s SHA-256', () => {
    fc.assert(
      fc.property(text, text, text, (secret, ip, userAgent) => {
        const key = createHash('sha256').update(secret).digest().subarray(0, 16);
        const message = Buffer.from(`${ip.length}:${ip}${userAgent}`);
        expect(hasherOf(secret)(ip, userAgent)).toBe(sipHash24ByTheBook(key, message));
      }),
    );
  });

  test('has room for texts of any length, and the next hash is not changed by them', () => {
    const key = createHash('sha256').update('a secret').digest().subarray(0, 16);
    const hasher = visitorHasher('a secret');
    const hash = (ip: string, userAgent: string) =>
      hasher({ ip, user_agent: userAgent, visitor_id: undefined });
    for (const userAgent of ['x', '€'.repeat(2_048), 'y', '€'.repeat(100_000), 'z'.repeat(13), '']) {
      expect(hash('::1', userAgent)).toBe(sipHash24ByTheBook(key, Buffer.from(`3:::1${userAgent}`)));
    }
  });

  const hash = hasherOf('a secret');

  test('of an id is that of the id alone, and of no pair', () => {
    const key = createHash('sha256').update('a secret').digest().subarray(0, 16);
    fc.assert(
      fc.property(text, text, fc.string({ unit: 'binary', minLength: 1 }), (ip, userAgent, id) => {
        expect(hash(ip, userAgent, id)).toBe(sipHash24ByTheBook(key, Buffer.from(`id:${id}`)));
        expect(`${ip.length}:${ip}${userAgent}`).not.toBe(`id:${id}`);
      }),
    );
    expect(hash('::1', 'curl', '')).toBe(hash('::1', 'curl'));
  });

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
    expect(hasherOf('another secret')('::1', 'curl')).not.toBe(hash('::1', 'curl'));
  });
});
