import type { RegisteredFilter as FilterName } from '../stats/registry/dimensions.ts';
import { DIMENSION_WORDS } from '../stats/registry/words.ts';
import { countryName } from './format.ts';

/** What people call one value of a dimension, and several. */
export function dimensionText(name: FilterName): { readonly one: string; readonly many: string } {
  return DIMENSION_WORDS[name];
}

/** A value as shown; the title attribute has the full value. */
export function valueText(dimension: FilterName, value: string): string {
  const { shownAs } = DIMENSION_WORDS[dimension];
  if (shownAs === 'country') return countryName(value);
  return shownAs === 'address' ? value.replace(/^https?:\/\/(?:www\.)?/, '') : value;
}
