import { firstCharacters } from '../../lib/first-characters.ts';
import { PROPERTY_PREFIX } from '../../lib/property-prefix.ts';

/** A dimension that is not in the registry: the values of one of the clicks' own properties, such as `property.plan`. */
export type PropertyName = `property.${string}`;

/** What their names match, for the API document. */
export const PROPERTY_NAMES = String.raw`^property\..`;

const MAX_KEY_CHARACTERS = 128;

/** The most properties that a request groups by: each is looked up in every click. */
export const MAX_GROUPED_PROPERTIES = 10;

export const PROPERTY_FAULT = `A property is named as in property.plan, with 1 to ${MAX_KEY_CHARACTERS} characters and no control character.`;

/** Whether a name is that of a property that a click can have: its key has 1 to 128 characters, none of them a control character. */
export function isPropertyName(name: string): name is PropertyName {
  if (!name.startsWith(PROPERTY_PREFIX)) return false;
  const key = name.slice(PROPERTY_PREFIX.length);
  return key.trim() !== '' && !/\p{Cc}/u.test(key) && firstCharacters(key, MAX_KEY_CHARACTERS) === key;
}
