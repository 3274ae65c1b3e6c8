import { createRequire } from 'node:module';
import type { LocaleData } from 'i18n-iso-countries';
import { COUNTRY_ALIASES } from './country-aliases.ts';
import { nearestName } from './names.ts';

/** The code of an unknown country. */
export const UNKNOWN_COUNTRY = 'XX';

/** Words that distinguish no countries; "and" is also written "&", which is removed as punctuation. */
const EMPTY_WORDS: ReadonlySet<string> = new Set(['the', 'of', 'and']);

const SHORT_WORDS: ReadonlyMap<string, string> = new Map([
  ['st', 'saint'],
  ['rep', 'republic'],
  ['dem', 'democratic'],
  ['fed', 'federal'],
  ['is', 'islands'],
]);

/** Words that formal names add: "Federal Republic of Germany", "Kingdom of Spain". */
const GOVERNMENT_WORDS: ReadonlySet<string> = new Set(
  (
    'republic kingdom state commonwealth principality sultanate union grand duchy federal federative ' +
    'democratic socialist islamic peoples hashemite independent'
  ).split(' '),
);

type CountryIndex = {
  readonly nameOfCode: ReadonlyMap<string, string>;
  readonly codeOfName: ReadonlyMap<string, string>;
};

let builtIndex: CountryIndex | undefined;

/**
 * The ISO 3166-1 alpha-2 code of a country given by its code or by an English name (CLDR's, ISO 3166's, or as
 * people write it); `XX` for `XX` and `Unknown`, `XK` for Kosovo. `undefined` when the country is unknown.
 * Letter case, accents, punctuation and word order do not matter.
 */
export function countryCode(text: string): string | undefined {
  const { nameOfCode, codeOfName } = countryIndex();
  if (nameOfCode.has(text)) return text;
  const code = text.trim().toUpperCase();
  if (nameOfCode.has(code)) return code;
  const words = wordsOfName(text);
  return codeOfName.get(nameKey(words)) ?? codeOfName.get(nameKey(withoutGovernment(words)));
}

/** The English name of the country that is spelt most like a text; undefined where none is near. */
export function nearestCountryName(text: string): string | undefined {
  return nearestName(text, countryIndex().nameOfCode.values());
}

/** The English name of a country (CLDR), `Unknown` for `XX`; a code that is no country's is its own name. */
export function countryName(code: string): string {
  return countryIndex().nameOfCode.get(code) ?? code;
}

/** The English names of all countries by their codes (CLDR), `Unknown` for `XX`. */
export function countryNames(): ReadonlyMap<string, string> {
  return countryIndex().nameOfCode;
}

/** Built at first use, because it takes some milliseconds and most commands do not need it. */
function countryIndex(): CountryIndex {
  builtIndex ??= buildIndex();
  return builtIndex;
}

function buildIndex(): CountryIndex {
  // The package's entry point loads 80 languages; an `import` of JSON makes Node 20 print a warning.
  const english: LocaleData = createRequire(import.meta.url)('i18n-iso-countries/langs/en.json');
  const cldr = new Intl.DisplayNames('en', { type: 'region' });

  const nameOfCode = new Map([[UNKNOWN_COUNTRY, 'Unknown']]);
  const codeOfName = new Map<string, string>();
  const addNames = (code: string, names: readonly string[]): void => {
    for (const name of names) codeOfName.set(nameKey(wordsOfName(name)), code);
  };
  for (const [code, names] of Object.entries(english.countries)) {
    const name = cldr.of(code) ?? code;
    nameOfCode.set(code, name);
    addNames(code, [name, ...[names].flat()]);
  }
  // Last, because they decide names that other sources give to two countries ("Congo").
  for (const [code, names] of Object.entries(COUNTRY_ALIASES)) addNames(code, names);
  return { nameOfCode, codeOfName };
}

function wordsOfName(name: string): readonly string[] {
  return name
    .normalize('NFD')
    .replace(/[\p{M}'’‘ʼ`´.]/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && !EMPTY_WORDS.has(word))
    .map((word) => SHORT_WORDS.get(word) ?? word);
}

/** Sorts the words, so that "Korea, Republic of" and "Republic of Korea" are the same. */
function nameKey(words: readonly string[]): string {
  return words.toSorted().join(' ');
}

function withoutGovernment(words: readonly string[]): readonly string[] {
  return words.filter((word) => !GOVERNMENT_WORDS.has(word));
}
