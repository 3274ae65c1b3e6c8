import { countryName, nameInWords } from './format.ts';

interface DimensionText {
  readonly one: string;
  readonly many: string;
}

/** Names of dimensions whose registry name is not good enough. */
const TEXTS: Readonly<Record<string, DimensionText | undefined>> = {
  os: { one: 'System', many: 'Systems' },
  country: { one: 'Country', many: 'Countries' },
  city: { one: 'City', many: 'Cities' },
  short_code: { one: 'Link', many: 'Links' },
};

export function dimensionText(name: string): DimensionText {
  const one = nameInWords(name);
  return TEXTS[name] ?? { one, many: `${one}s` };
}

/** A value as shown; the title attribute has the full value. */
export function valueText(dimension: string, value: string): string {
  if (dimension === 'country') return countryName(value);
  return dimension === 'referrer' ? value.replace(/^https?:\/\/(?:www\.)?/, '') : value;
}
