import { expect, test } from '@jest/globals';
import { preferredLanguage, primaryLanguage } from '../../src/lib/language.ts';

test.each([
  ['de', 'de'],
  ['DE-at', 'de'],
  ['pt_BR', 'pt'],
  ['zh-Hant-TW', 'zh'],
  ['gsw', 'gsw'],
  [' en ', 'en'],
  ['en_US.UTF-8', undefined],
  ['C', undefined],
  ['*', undefined],
  ['German', undefined],
  ['de,en', undefined],
  ['', undefined],
])('the primary subtag of %j is %j', (tag, language) => {
  expect(primaryLanguage(tag)).toBe(language);
});

test.each([
  ['de-AT,de;q=0.9,en;q=0.5', 'de'],
  ['en;q=0.5, fr;q=0.9, de;q=0.7', 'fr'],
  ['en;q=0.8,de;q=0.8', 'en'],
  ['*;q=1, nl ; q = 0.2', 'nl'],
  ['de;q=0, en;q=0.001', 'en'],
  ['de;q=0', undefined],
  ['de;q=1.5, en;q=0.1', 'en'],
  ['de;level=1, en;q=0.1', 'en'],
  ['FR', 'fr'],
  [', ,it', 'it'],
  ['de;q=0.', undefined],
  ['*', undefined],
  ['', undefined],
])('of %j the language liked best is %j', (header, language) => {
  expect(preferredLanguage(header)).toBe(language);
});
