import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { normaliseReferrer, parseReferrerFilter } from '../../src/lib/referrer.ts';

const anyReferrer = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ['http', 'https', 'HTTP'] }),
  fc.string({ unit: 'binary' }),
  fc
    .tuple(
      fc.constantFrom('http://', 'https://', 'HTTPS://', 'http:', 'ftp://'),
      fc.constantFrom('a.com', 'A.com:8080', 'u:p@b.org', 'ü.de', '[::1]:3000', 'a.com:443'),
      fc.array(
        fc.constantFrom('/', '//', ',', '.', '..', '%2c', '%2e', 'a', 'ü', ' ', '\\', '?', '#', '%', '\0'),
      ),
    )
    .map(([scheme, host, path]) => `${scheme}${host}/${path.join('')}`),
);

describe('normaliseReferrer', () => {
  test.each([
    ['https://google.com', 'https://google.com'],
    ['https://google.com/', 'https://google.com'],
    ['https://google.com///', 'https://google.com'],
    ['HTTPS://WWW.Google.COM/Search?q=1#top', 'https://www.google.com/Search'],
    ['https://news.ycombinator.com/item?id=1', 'https://news.ycombinator.com/item'],
    ['https://a.com/x//', 'https://a.com/x'],
    ['https://user:secret@a.com/x', 'https://a.com/x'],
    ['https://a.com:443/x', 'https://a.com/x'],
    ['http://a.com:8080/x/', 'http://a.com:8080/x'],
    ['https://a.com/x,y,z', 'https://a.com/x%2Cy%2Cz'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example'],
  ])('%s is %s', (text, stored) => {
    expect(normaliseReferrer(text)).toBe(stored);
  });

  test.each([
    '',
    '-',
    'Direct',
    'google.com',
    'android-app://com.google.android.gm/',
    'ftp://a.com/x',
    'about:blank',
    'javascript:alert(1)',
    'http://',
    'https://a b.com/',
    'http://a.com:99999/',
  ])('%j is Direct', (text) => {
    expect(normaliseReferrer(text)).toBe('Direct');
  });

  test('applied twice changes nothing more', () => {
    fc.assert(
      fc.property(anyReferrer, (text) => {
        const once = normaliseReferrer(text);
        expect(normaliseReferrer(once)).toBe(once);
      }),
      { numRuns: 1000 },
    );
  });

  test('never holds a comma, query, fragment, credentials or a trailing slash', () => {
    fc.assert(
      fc.property(anyReferrer, (text) => {
        expect(normaliseReferrer(text)).toMatch(/^(Direct|https?:\/\/[^/?#,@]+(\/[^?#,]*[^/?#,])?)$/);
      }),
      { numRuns: 1000 },
    );
  });

  test('takes no longer than linear time for a long run of slashes', () => {
    const start = performance.now();
    normaliseReferrer(`https://a.com/${'/'.repeat(200_000)}x`);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('parseReferrerFilter', () => {
  test('reads Direct exactly', () => {
    expect(parseReferrerFilter('Direct')).toEqual({ kind: 'direct' });
    expect(parseReferrerFilter('direct')).toEqual({ kind: 'host', host: 'direct' });
  });

  test('normalises a full URL as a stored one', () => {
    fc.assert(
      fc.property(anyReferrer, (text) => {
        const stored = normaliseReferrer(text);
        fc.pre(stored !== 'Direct' && text.includes('://'));
        expect(parseReferrerFilter(text)).toEqual({ kind: 'url', url: stored });
      }),
    );
  });

  test.each(['ftp://a.com/x', 'http://', 'android-app://com.example/'])(
    '%s is no stored referrer, so it stays as it is and does not ask for Direct',
    (text) => {
      expect(parseReferrerFilter(text)).toEqual({ kind: 'url', url: text });
    },
  );

  test.each([
    ['google.com', 'google.com'],
    ['Google.COM', 'google.com'],
    ['Bücher.example', 'xn--bcher-kva.example'],
    ['localhost:3000', 'localhost:3000'],
    ['a.com:80', 'a.com:80'],
    ['[::1]:3000', '[::1]:3000'],
    ['[2001:DB8:0::1]', '[2001:db8::1]'],
  ])('the host %s is %s', (text, host) => {
    expect(parseReferrerFilter(text)).toEqual({ kind: 'host', host });
  });

  test.each([
    'google.com/search',
    'Google.com/',
    'u@A.com',
    'a.com?Q',
    'A b',
    'A:1:2',
    '::1',
    'A.com:x',
    '[::1',
  ])('%s cannot be a host, so it stays as it is', (text) => {
    expect(parseReferrerFilter(text)).toEqual({ kind: 'host', host: text });
  });

  test('finds the host of every stored referrer, in any letter case', () => {
    fc.assert(
      fc.property(anyReferrer, (text) => {
        const stored = normaliseReferrer(text);
        fc.pre(stored !== 'Direct');
        const host = stored.split('/')[2] ?? '';
        expect(parseReferrerFilter(host.toUpperCase())).toEqual({ kind: 'host', host });
      }),
    );
  });
});

describe('a referrer that needs no parser', () => {
  /** What a referrer is stored as, by the URL parser alone. */
  function byTheParser(text: string): string {
    try {
      const { protocol, host, pathname } = new URL(text);
      if (protocol !== 'https:' && protocol !== 'http:') return 'Direct';
      return `${protocol}//${host}${pathname.replace(/\/+$/, '').replaceAll(',', '%2C')}`;
    } catch {
      return 'Direct';
    }
  }

  const pieces = [
    'a', 'b1', 'com', '.', '-', '--', '/', '//', '..', '_', '~', '%2e', '%', ',', ':', ':80', '@', '?', '#', 'q=1', '&', '0x7f',
    '127', 'xn--a', 'xn--', 'A', 'é', ' ', '\t', '\n', '\\', '\ud800', '[', ']', '|', '^', '"', '<', '\u2028',
  ]; // prettier-ignore

  test('is stored as the parser would have it', () => {
    const part = (maxLength: number) =>
      fc.array(fc.constantFrom(...pieces), { maxLength }).map((some) => some.join(''));
    const likely = fc
      .tuple(fc.constantFrom('https://', 'http://', 'HTTP://', 'ftp://', ''), part(3), part(6))
      .map(([scheme, host, path]) => `${scheme}${host}.example.com/${path}`);
    const any = fc.tuple(fc.constantFrom('https://', 'http://'), part(10)).map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.oneof(likely, any, fc.webUrl({ withQueryParameters: true, withFragments: true })),
        (text) => {
          expect(normaliseReferrer(text)).toBe(byTheParser(text));
        },
      ),
      { numRuns: 20_000 },
    );
  });
});
