import { describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { COLUMNS } from '../../src/clicks/click-schema.ts';
import { parseClick } from '../../src/clicks/parse-click.ts';
import { normaliseReferrer, parseReferrerFilter } from '../../src/lib/referrer.ts';

const anyReferrer = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ['http', 'https', 'HTTP'] }),
  fc.string({ unit: 'binary' }),
  fc
    .tuple(
      fc.constantFrom('http://', 'https://', 'HTTPS://', 'http:', 'ftp://', 'android-app://', '//', ''),
      fc.constantFrom(
        'a.com',
        'A.com:8080',
        'u:p@b.org',
        'ü.de',
        '[::1]:3000',
        'a.com:443',
        'a.com.',
        'B.org..:80',
        'a.1..',
      ),
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
    ['https://Google.com./x', 'https://google.com/x'],
    ['https://google.com..:8080/', 'https://google.com:8080'],
    ['google.com', 'https://google.com'],
    [' Google.com/search?q=1 ', 'https://google.com/search'],
    ['www.google.com./a,b/', 'https://www.google.com/a%2Cb'],
    ['//example.org/x', 'https://example.org/x'],
    ['//intranet', 'https://intranet'],
    ['example.org:443', 'https://example.org'],
    ['example.org:8080/x', 'https://example.org:8080/x'],
    ['localhost:3000/x', 'https://localhost:3000/x'],
    ['192.0.2.1/x', 'https://192.0.2.1/x'],
    ['[2001:DB8::1]:3000', 'https://[2001:db8::1]:3000'],
    ['bücher.example/ü', 'https://xn--bcher-kva.example/%C3%BC'],
    ['android-app://com.Google.Android.gm/', 'android-app://com.google.android.gm'],
    ['ANDROID-APP://com.example./https/a,b//?q=1#x', 'android-app://com.example/https/a%2Cb'],
  ])('%s is %s', (text, stored) => {
    expect(normaliseReferrer(text)).toBe(stored);
  });

  test.each([
    '',
    '-',
    'Direct',
    'direct',
    'none',
    '(not set)',
    'unknown/x',
    '1.5',
    '0x7f.1/x',
    '/relative.html',
    'someone@example.com',
    'tel:911',
    'mailto:someone@example.com',
    'android-app:com.example',
    'android-app:///x',
    'ios-app://123/x',
    'ftp://a.com/x',
    'https://./x',
    'http://a.1../',
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
        expect(normaliseReferrer(text)).toMatch(
          /^(Direct|(https?|android-app):\/\/[^/?#@]*[^/?#@.](\/[^?#,]*[^/?#,])?)$/,
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('takes a long run of slashes in linear time: in quadratic time the suite would not end', () => {
    expect(normaliseReferrer(`https://a.com/${'/'.repeat(1_000_000)}x`)).toMatch(/^https:\/\/a\.com\/+/);
  });
});

/** Whether a filter's value takes in a stored referrer. */
function takes(wanted: string, stored: string): boolean {
  const filter = parseReferrerFilter(wanted);
  if (filter.kind === 'referrers') return filter.referrers.includes(stored);
  return filter.hosts.includes(stored.split('/')[2] ?? '');
}

describe('parseReferrerFilter', () => {
  const STORED = [
    'Direct',
    'https://google.com',
    'http://google.com',
    'https://google.com/search',
    'http://google.com/search',
    'https://google.com/search/a%2Cb',
    'https://google.com./search',
    'http://google.com.:8080/search',
    'http://google.com:443/search',
    'https://google.com:80',
    'http://google.com:8080/search',
    'https://www.google.com/search',
    'https://google.com.example/search',
    'android-app://google.com/search',
    'https://[::1]/search',
    'https://[::1]:3000',
    'http://localhost:3000',
    'https://xn--bcher-kva.example/x',
  ];
  const HOST = [
    'https://google.com',
    'http://google.com',
    'https://google.com/search',
    'http://google.com/search',
    'https://google.com/search/a%2Cb',
    'https://google.com./search',
    'android-app://google.com/search',
  ];
  const PATH = ['https://google.com/search', 'http://google.com/search', 'https://google.com./search'];

  test.each([
    ['Direct', ['Direct']],
    ['direct', []],
    ['', []],
    ['google.com', HOST],
    [' Google.COM ', HOST],
    ['google.com.', HOST],
    ['google.com/', HOST],
    ['//google.com', HOST],
    ['//google.com.//?q=1#top', HOST],
    ['google.com?q=1', HOST],
    ['google.com:443', [...HOST, 'http://google.com:443/search']],
    ['google.com:0080/', [...HOST, 'https://google.com:80']],
    ['google.com:8080', ['http://google.com.:8080/search', 'http://google.com:8080/search']],
    ['google.com/search', PATH],
    ['//Google.com./search/?q=1', PATH],
    ['google.com:443/search', [...PATH, 'http://google.com:443/search']],
    ['google.com/search/a,b', ['https://google.com/search/a%2Cb']],
    ['google.com/Search', []],
    ['https://google.com', ['https://google.com']],
    ['https://GOOGLE.com./search/?q', ['https://google.com/search', 'https://google.com./search']],
    ['http://google.com:443/search', ['http://google.com:443/search']],
    ['android-app://Google.com/search', ['android-app://google.com/search']],
    ['[::1]', ['https://[::1]/search']],
    ['[0:0::1]/search', ['https://[::1]/search']],
    ['[::1]:3000', ['https://[::1]:3000']],
    ['localhost:3000', ['http://localhost:3000']],
    ['Bücher.example', ['https://xn--bcher-kva.example/x']],
    ['oogle.com', []],
    ['com', []],
    ['ftp://google.com/search', []],
    ['u@google.com', []],
    ['google.com:x', []],
    ['google.com:99999', []],
    ['google.com\\search', []],
    ['A b', []],
    ['::1', []],
    ['[::1', []],
    ['/search', []],
    ['https://', []],
  ])('%j', (wanted, taken) => {
    expect(STORED.filter((stored) => takes(wanted, stored)).toSorted()).toEqual(taken.toSorted());
  });

  test('finds every stored referrer: by itself, by its host, and by both without a scheme', () => {
    fc.assert(
      fc.property(anyReferrer, fc.boolean(), (text, isUpper) => {
        const stored = normaliseReferrer(text);
        expect(takes(stored, stored)).toBe(true);
        fc.pre(stored !== 'Direct');
        const [, , host = '', ...path] = stored.split('/');
        const written = isUpper ? host.toUpperCase() : host;
        // A host of an app that no page can have is found by its full address alone.
        if (stored.startsWith('android-app:')) return;
        for (const before of ['', '//']) {
          expect([written, takes(`${before}${written}`, stored)]).toEqual([written, true]);
          expect(takes(`${before}${written}/${path.join('/')}`, stored)).toBe(true);
        }
      }),
    );
  });

  test('finds a stored referrer by whatever is stored so', () => {
    fc.assert(
      fc.property(anyReferrer, (text) => {
        const stored = normaliseReferrer(text);
        fc.pre(stored !== 'Direct' && /^[a-z-]+:/i.test(text));
        expect(takes(text, stored)).toBe(true);
      }),
    );
  });
});

/** What is stored of the referrer of a click. */
function storedOf(referrer: string): string {
  const parsed = parseClick({ short_code: 'a', referrer }, Date.now());
  if (!parsed.ok || parsed.click.referrer === undefined) throw new Error('The click has lost its referrer.');
  return COLUMNS.referrer.column.from?.(parsed.click.referrer) ?? '';
}

describe('a referrer that is longer than what is kept of it', () => {
  // Around the limit, in one byte a character and in several.
  const long = fc
    .tuple(
      fc.constantFrom('https://', 'http://', 'HTTPS://', 'android-app://', '//', ''),
      fc.constantFrom('a.com', 'A.com:8080', 'a.com.:443'),
      fc.constantFrom('x', 'ü', ',', '😀', '/'),
      fc.integer({ min: 2_020, max: 2_060 }),
      fc.constantFrom('', 'tail', '?q=1', '#top'),
    )
    .map(([scheme, host, character, count, rest]) => `${scheme}${host}/${character.repeat(count)}${rest}`);

  test('is found as it was sent, as it is stored, and without a scheme', () => {
    fc.assert(
      fc.property(long, (sent) => {
        const stored = storedOf(sent);
        expect(stored).toMatch(/^(https?|android-app):\/\/a\.com/);
        expect([takes(sent, stored), takes(stored, stored)]).toEqual([true, true]);
        if (!sent.startsWith('android-app:')) {
          expect(takes(sent.replace(/^[a-z]+:\/\//i, ''), stored)).toBe(true);
          expect(takes(stored.replace(/^[a-z]+:\/\//, ''), stored)).toBe(true);
        }
      }),
    );
  });

  test('is not another one that begins alike', () => {
    const path = `https://a.com/${'x'.repeat(2_000)}`;
    expect(takes(`${path}/a`, storedOf(`${path}/b`))).toBe(false);
  });
});

describe('a referrer that needs no parser', () => {
  /** What a URL is stored as, by the URL parser alone; undefined where there is more to it than that. */
  function byTheParser(text: string): string | undefined {
    try {
      const { protocol, host, hostname, pathname } = new URL(text);
      if (!/^https?:$/.test(protocol) || hostname.endsWith('.')) return undefined;
      return `${protocol}//${host}${pathname.replace(/\/+$/, '').replaceAll(',', '%2C')}`;
    } catch {
      return undefined;
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
          // A blank before it changes nothing but that the parser is needed.
          expect(normaliseReferrer(text)).toBe(byTheParser(text) ?? normaliseReferrer(` ${text}`));
        },
      ),
      { numRuns: 4_000 },
    );
  });
});
