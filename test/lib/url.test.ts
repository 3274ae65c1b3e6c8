import { expect, test } from '@jest/globals';
import { parseUrl } from '../../src/lib/url.ts';

test.each([
  ['http://é~.example.com/', 'http://xn--~-9fa.example.com/'],
  ['https://münchen.example/ä?ö', 'https://xn--mnchen-3ya.example/%C3%A4?%C3%B6'],
  ['https://例え.example/', 'https://xn--r8jz45g.example/'],
  ['https://example.com', 'https://example.com/'],
  ['no URL', undefined],
  ['kein é', undefined],
  ['', undefined],
])('%s: the ten thousandth time as the first', (text, href) => {
  const found = new Set(Array.from({ length: 10_000 }, () => parseUrl(text)?.href));
  expect(found).toEqual(new Set([href]));
});
