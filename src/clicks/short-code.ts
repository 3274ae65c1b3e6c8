import { z } from 'zod';
import { characters, hasControlCharacter } from '../lib/text.ts';

export const CODE_MISSING = 'is required';
export const CODE_NOT_TEXT = 'must be a string';

export const MAX_CODE_CHARACTERS = 128;

/** A short code as it may be stored already; earlier releases took more of them than `shortCodeSchema` does. */
export const storedCodeSchema = z
  .string({
    error: ({ input }) => (input === undefined || input === null ? CODE_MISSING : CODE_NOT_TEXT),
  })
  .refine(
    (value) => value !== '' && characters(value) <= MAX_CODE_CHARACTERS,
    `must be 1 to ${MAX_CODE_CHARACTERS} characters`,
  )
  .refine((value) => !hasControlCharacter(value), 'must not contain control characters');

/** A short code as clicks and new URLs may have it. */
export const shortCodeSchema = storedCodeSchema.refine(
  (value) => !isDotSegment(value),
  'must not be . or .., which no client can ask for',
);

/** Whether `shortCodeSchema` surely takes the value: nearly every code, at a tenth of the time. */
export function isPlainShortCode(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= MAX_CODE_CHARACTERS &&
    !isDotSegment(value) &&
    !hasControlCharacter(value)
  );
}

/** Clients drop such a segment from a path, percent-encoded too. */
function isDotSegment(shortCode: string): boolean {
  return shortCode === '.' || shortCode === '..';
}
