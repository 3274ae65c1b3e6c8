import { describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { CAMPAIGN_PARAMETERS, type LinkUrl, parseLinkUrl } from '../../src/clicks/link-url.ts';

const NOTHING: LinkUrl = {
  domain: undefined,
  utm_source: undefined,
  utm_medium: undefined,
  utm_campaign: undefined,
  utm_term: undefined,
  utm_content: undefined,
  ad_parameter: undefined,
};

test.each<[url: string, told: Partial<LinkUrl>]>([
  ['https://go.example.com/launch', { domain: 'go.example.com' }],
  ['HTTP://Go.Example.com:8080', { domain: 'go.example.com' }],
  ['//go.example/launch', { domain: 'go.example' }],
  ['go.example:8443/launch?utm_source=x', { domain: 'go.example', utm_source: 'x' }],
  ['go.example', { domain: 'go.example' }],
  ['localhost:3000/a', { domain: 'localhost' }],
  ['[::1]:3000/a', { domain: '[::1]' }],
  ['/launch', {}],
  ['/launch?utm_source=news&utm_medium=email', { utm_source: 'news', utm_medium: 'email' }],
  ['?utm_term=a+b%20c&utm_content=%C3%A9', { utm_term: 'a b c', utm_content: 'é' }],
  ['/a?utm_campaign=%FF', { utm_campaign: '\uFFFD' }],
  ['/a?utm_campaign=%00', { utm_campaign: '\uFFFD' }],
  ['/a?utm_campaign=100%', { utm_campaign: '100%' }],
  ['/a?utm_source=one&utm_source=two', { utm_source: 'one' }],
  ['/a?utm_source=&utm_source=+&utm_source=two', { utm_source: 'two' }],
  ['/a?utm_source', {}],
  ['/a?x=utm_source=y', {}],
  ['/a#?utm_source=y', {}],
  ['/a?utm_source=y#utm_medium=z&gclid=1', { utm_source: 'y' }],
  ['/a?utm_source=a=b', { utm_source: 'a=b' }],
  ['/a?UTM_SOURCE=y', {}],
  [`/a?utm_source=${'x'.repeat(257)}`, { utm_source: 'x'.repeat(256) }],
  ['/a?gclid=Cj0K', { ad_parameter: 'gclid' }],
  ['/a?fbclid=1&ScCid=2&gclid=3', { ad_parameter: 'sccid' }],
  ['/a?gclid=', {}],
  ['/a?fbclid=1', {}],
])('%s tells %j', (url, told) => {
  expect(parseLinkUrl(url)).toEqual({ ...NOTHING, ...told });
});

test.each([
  'launch',
  'no link',
  'mailto:a@example.com',
  'https://',
  'https:///launch',
  '://x',
  'a@b.example/c',
])('%s is no link', (url) => {
  expect(parseLinkUrl(url)).toBeUndefined();
});

describe('campaigns', () => {
  const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
  const query = fc.array(
    fc.tuple(fc.constantFrom<string>(...CAMPAIGN_PARAMETERS, 'ref', 'gclid', '__proto__'), value),
    { maxLength: 8 },
  );

  test('are what the URL’s own parser says they are', () => {
    fc.assert(
      fc.property(query, fc.boolean(), (pairs, isWhole) => {
        const url = `https://go.example/launch?${new URLSearchParams(pairs).toString()}`;
        const link = parseLinkUrl(isWhole ? url : url.slice('https://go.example'.length));
        const parameters = new URL(url).searchParams;
        for (const name of CAMPAIGN_PARAMETERS) {
          const first = parameters.getAll(name).find((one) => one.trim() !== '');
          expect(link?.[name]).toBe(first?.trim().replaceAll('\0', '\uFFFD'));
        }
        expect(link?.ad_parameter).toBe(parameters.has('gclid') ? 'gclid' : undefined);
        expect(link?.domain).toBe(isWhole ? 'go.example' : undefined);
      }),
    );
  });

  test('of any text are read without an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const link = parseLinkUrl(`https://go.example/?${text}`);
        expect(link?.domain).toBe('go.example');
        parseLinkUrl(text);
      }),
    );
  });

  test('are read as one would by splitting the query', () => {
    const piece = fc.constantFrom(
      '&',
      '=',
      '#',
      '?',
      '/',
      '%20',
      '+',
      'a',
      ' ',
      '\u00e9',
      'utm_source',
      'utm_medium',
      'UTM_SOURCE',
      'utm_',
      'gclid',
      'ScCid',
      '&utm_source=',
      '&utm_term=x&',
      '&gclid=1&',
      '?utm_content=',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const url = `/launch?${pieces.join('')}`;
        expect(parseLinkUrl(url)).toEqual(readSlowly(url.trim()));
      }),
      { numRuns: 1_000 },
    );
  });
});

function readSlowly(url: string): LinkUrl {
  const [withoutFragment = ''] = url.split('#');
  const pairs = withoutFragment
    .slice(withoutFragment.indexOf('?') + 1)
    .split('&')
    .flatMap((pair) => [...pair.matchAll(/^([^=]*)=(.+)$/gs)])
    .map(
      ([, name = '', value = '']) =>
        [name, new URLSearchParams(`v=${value}`).get('v')?.trim() ?? ''] as const,
    );
  const first = (wanted: string) => pairs.find(([name, value]) => name === wanted && value !== '')?.[1];
  return {
    ...NOTHING,
    ...Object.fromEntries(CAMPAIGN_PARAMETERS.map((name) => [name, first(name)])),
    ad_parameter: pairs.map(([name]) => name.toLowerCase()).find((name) => ['gclid', 'sccid'].includes(name)),
  };
}

test('the usual start of a URL is read as other spellings of it', () => {
  const rest = fc.array(
    fc.constantFrom('a', 'Go', '.', ':', '8080', '@', '/', '?', '#', '\\', ' ', '[::1]', '%', '\u00e9', '-'),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(rest, (pieces) => {
      const text = `//${pieces.join('')}.`;
      expect(parseLinkUrl(`https:${text}`)).toEqual(parseLinkUrl(`HTTPS:${text}`));
    }),
    { numRuns: 1_000 },
  );
});
