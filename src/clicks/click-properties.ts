import { firstCharacters } from '../lib/first-characters.ts';
import { Rejected } from '../lib/record-mapper.ts';
import { isBlank, wellFormed } from '../lib/text.ts';
import { memoised } from '../lib/text-memo.ts';

/**
 * The sender's own pairs of texts on a click, in the order they were sent: a name, its value, the next name. A map for each click would be
 * half of its garbage.
 */
export type Properties = readonly string[];

export const NO_PROPERTIES: Properties = [];

/** The same as an object. */
export function propertyRecord(properties: Properties): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: properties.length / 2 }, (_, pair) => [
      properties[2 * pair],
      properties[2 * pair + 1],
    ]),
  );
}

const MAX_PROPERTIES = 20;
export const MAX_PROPERTY_NAME_CHARACTERS = 128;
export const MAX_PROPERTY_VALUE_CHARACTERS = 512;

/** Pairs that were taken, and what is wrong with the first that was not, or not wholly. */
export interface ParsedProperties {
  readonly properties: Properties;
  readonly fault: string | undefined;
}

/**
 * Takes the pairs of an object. Numbers and booleans become text as JSON writes them. Null and blank text are no values; other values,
 * blank and long names, and pairs beyond the most that a click can have are left out, and long values cut.
 */
export function parseProperties(object: Readonly<Record<string, unknown>>): ParsedProperties {
  const properties: string[] = [];
  let fault: string | undefined;
  // Pairs instead of names would be an array for each.
  for (const sentName of Object.keys(object)) {
    const value = object[sentName];
    if (value === null || value === undefined || (typeof value === 'string' && isBlank(value))) continue;
    if (properties.length === 2 * MAX_PROPERTIES) {
      fault ??= `has more than ${MAX_PROPERTIES} pairs: the others are left out`;
      break;
    }
    const name = parseName(sentName);
    const text = textOf(value);
    if (typeof name !== 'string') fault ??= name.reason;
    else if (text === undefined)
      fault ??=
        'has a value that is no text, nor a boolean or a number that a double holds exactly: left out';
    else if (!hasName(properties, name)) {
      const kept = firstCharacters(text, MAX_PROPERTY_VALUE_CHARACTERS);
      if (kept !== text) fault ??= `has a value that is cut at ${MAX_PROPERTY_VALUE_CHARACTERS} characters`;
      properties.push(name, wellFormed(kept));
    }
  }
  return { properties, fault };
}

/** Two names can become one where they have characters that are replaced. */
function hasName(properties: Properties, name: string): boolean {
  for (let place = 0; place < properties.length; place += 2) if (properties[place] === name) return true;
  return false;
}

/** Senders have few names. */
const parseName = memoised((sent): string | Rejected => {
  const name = wellFormed(sent);
  if (isBlank(name)) return new Rejected('has a blank name: left out');
  return firstCharacters(name, MAX_PROPERTY_NAME_CHARACTERS) === name
    ? name
    : new Rejected(`has a name of more than ${MAX_PROPERTY_NAME_CHARACTERS} characters: left out`);
});

/** A number of more digits than a double has would be stored as another one. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : undefined;
}
