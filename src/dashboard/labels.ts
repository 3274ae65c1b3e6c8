import { FILTER_NAMES, type FilterName } from '../stats/registry/dimension-names.ts';
import { PROPERTY_PREFIX } from '../lib/property-prefix.ts';
import { isPropertyName } from '../stats/registry/properties.ts';
import { DIMENSION_WORDS } from '../stats/registry/words.ts';
import { countryName, hourName, languageCodes, languageName, weekdayName } from './format.ts';

type Words = Pick<
  (typeof DIMENSION_WORDS)[keyof typeof DIMENSION_WORDS],
  'one' | 'many' | 'topic' | 'shownAs' | 'scope' | 'values'
>;

export function isFilterName(name: string): name is FilterName {
  return FILTER_NAMES.some((known) => known === name) || isPropertyName(name);
}

/** What people call one value of a dimension, and several, and how its values are written for them. */
export function dimensionText(name: FilterName): Words {
  if (!isPropertyName(name)) return DIMENSION_WORDS[name];
  const key = `Property ${name.slice(PROPERTY_PREFIX.length)}`;
  return { one: key, many: key, topic: 'property', shownAs: 'text', scope: 'any', values: [] };
}

/** How the values of a dimension are written for people. */
export type ShownAs = Words['shownAs'];

const WRITTEN: Readonly<Record<ShownAs, (value: string) => string>> = {
  text: (value) => value,
  country: countryName,
  language: languageName,
  hour: hourName,
  weekday: weekdayName,
  address: (value) => value.replace(/^https:\/\//, ''),
};

/** A value as shown; the title attribute has the full value. */
export function valueText(dimension: FilterName, value: string): string {
  return WRITTEN[dimensionText(dimension).shownAs](value);
}

/**
 * The values that somebody means who has typed one, or what is shown in its place (`Monday`, `German`): several where they are
 * shown alike. What the server understands itself, such as names of countries and addresses without `https://`, stays as it is.
 */
export function valuesOfText(dimension: FilterName, typed: string): readonly string[] {
  const { shownAs, values } = dimensionText(dimension);
  const known = shownAs === 'language' ? languageCodes() : values;
  const meant = (isMeant: (text: string, value: string) => boolean): readonly string[] =>
    known.filter((value) => isMeant(valueText(dimension, value), value));
  const ways = [
    meant((text) => text === typed),
    meant((_, value) => value === typed),
    meant((text) => text.toLowerCase() === typed.toLowerCase()),
  ];
  return ways.find((found) => found.length > 0) ?? [typed];
}
