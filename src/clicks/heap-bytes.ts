import { rowCharacters } from './click-row.ts';
import type { PlacedRow } from './insert-rows.ts';
import type { Properties } from './click-properties.ts';

/** A row without its texts, as measured. */
const ROW_BYTES = 390;
/** A text of which one character is not Latin-1 takes two bytes for each. */
const CHARACTER_BYTES = 2;

/** A short code that a request names, in the tables of what is under way, without its text. */
export const CODE_BYTES = 200;

/** A pair of texts in a map, without its texts. */
const PAIR_BYTES = 60;

/** About as much as a row takes of the heap until it is inserted. */
export function rowBytes({ row }: PlacedRow): number {
  const bytes = ROW_BYTES + CHARACTER_BYTES * rowCharacters(row);
  return row.properties.length === 0 ? bytes : bytes + propertiesBytes(row.properties);
}

function propertiesBytes(properties: Properties): number {
  let characters = 0;
  for (const text of properties) characters += text.length;
  return (properties.length / 2) * PAIR_BYTES + CHARACTER_BYTES * characters;
}

/** The least JSON of a click. */
const LEAST_CLICK_BYTES = 18;

/** About as much as the rows take that a body of so many bytes can hold. */
export function bodyHeapBytes(bodyBytes: number): number {
  return (bodyBytes / LEAST_CLICK_BYTES) * ROW_BYTES;
}
