import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { CONTINENTS, CONTINENT_OF_COUNTRY } from '../../src/lib/continent.ts';
import { UNKNOWN_COUNTRY, countryName } from '../../src/lib/country.ts';

const { countries }: { readonly countries: object } = createRequire(import.meta.url)(
  'i18n-iso-countries/langs/en.json',
);

test('every country lies on one continent, an unknown one on none', () => {
  expect([...CONTINENT_OF_COUNTRY.keys()].toSorted()).toEqual(Object.keys(countries).toSorted());
  expect(CONTINENT_OF_COUNTRY.has(UNKNOWN_COUNTRY)).toBe(false);
  expect(new Set(CONTINENT_OF_COUNTRY.values())).toEqual(
    new Set(CONTINENTS.filter((name) => name !== 'Unknown')),
  );
});

test.each([
  ['Germany', 'Europe'],
  ['Brazil', 'South America'],
  ['Mexico', 'North America'],
  ['Kenya', 'Africa'],
  ['India', 'Asia'],
  ['New Zealand', 'Oceania'],
  ['Antarctica', 'Antarctica'],
  ['Kosovo', 'Europe'],
])('%s: %s', (country, continent) => {
  const code = [...CONTINENT_OF_COUNTRY.keys()].find((one) => countryName(one) === country) ?? '';
  expect(CONTINENT_OF_COUNTRY.get(code)).toBe(continent);
});
