import { z } from 'zod';
import { characters, hasControlCharacter, isBlank } from '../lib/text.ts';

const MISSING = 'is required';
const NOT_TEXT = 'must be a string';

export const MAX_CODE_CHARACTERS = 128;

/** What a short code must not be, and the error of one that is. */
type Rule = readonly [isBroken: (code: string) => boolean, error: string];

/** Of a short code that may be stored already; earlier releases took more of them than `RULES` let through. */
const STORED_RULES: readonly Rule[] = [
  [
    (code) => code === '' || characters(code) > MAX_CODE_CHARACTERS,
    `must be 1 to ${MAX_CODE_CHARACTERS} characters`,
  ],
  [hasControlCharacter, 'must not contain control characters'],
];

/** Of a short code as clicks and new URLs may have it. */
const RULES: readonly Rule[] = [
  [isBlank, 'must not be blank'],
  ...STORED_RULES,
  [isDotSegment, 'must not be . or .., which no client can ask for'],
];

export const storedCodeSchema = schemaOf(STORED_RULES);

export const shortCodeSchema = schemaOf(RULES);

/** What `shortCodeSchema` says of a text, in a tenth of the time; undefined when it takes it. */
export function shortCodeError(code: string): string | undefined {
  if (isPlain(code)) return undefined;
  return RULES.find(([isBroken]) => isBroken(code))?.[1];
}

/** Whether no rule can be broken: visible ASCII, which does not begin with a dot. */
function isPlain(code: string): boolean {
  if (code.length > MAX_CODE_CHARACTERS || code.startsWith('.')) return false;
  for (let place = 0; place < code.length; place++) {
    const unit = code.charCodeAt(place);
    if (unit <= 0x20 || unit >= 0x7f) return false;
  }
  return code !== '';
}

function schemaOf(rules: readonly Rule[]): z.ZodString {
  return rules.reduce(
    (schema, [isBroken, error]) => schema.refine((code) => !isBroken(code), error),
    z.string({ error: ({ input }) => typeError(input) }),
  );
}

/** What `shortCodeSchema` says of what is no text. */
export function typeError(value: unknown): string {
  return value === undefined || value === null ? MISSING : NOT_TEXT;
}

/** Clients drop such a segment from a path, percent-encoded too. */
function isDotSegment(shortCode: string): boolean {
  return shortCode === '.' || shortCode === '..';
}
