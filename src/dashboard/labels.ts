import { FILTER_NAMES, type FilterName } from '../stats/registry/dimension-names.ts';
import { PROPERTY_PREFIX } from '../lib/property-prefix.ts';
import { isPropertyName } from '../stats/registry/properties.ts';
import { DIMENSION_WORDS } from '../stats/registry/words.ts';
import { countryName, hourName, languageName, weekdayName } from './format.ts';

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

const WRITTEN: Readonly<Record<Words['shownAs'], (value: string) => string>> = {
  text: (value) => value,
  country: countryName,
  language: languageName,
  hour: hourName,
  weekday: weekdayName,
  address: (value) => value.replace(/^https?:\/\/(?:www\.)?/, ''),
};

/** A value as shown; the title attribute has the full value. */
export function valueText(dimension: FilterName, value: string): string {
  return WRITTEN[dimensionText(dimension).shownAs](value);
}

/** The value that somebody has typed: among those of a dimension that has few, also as it is shown (`Monday`). */
export function valueOfText(dimension: FilterName, typed: string): string {
  const isMeant = (value: string): boolean =>
    valueText(dimension, value).toLowerCase() === typed.toLowerCase();
  return dimensionText(dimension).values.find(isMeant) ?? typed;
}
