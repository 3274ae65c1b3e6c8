import { z } from 'zod';
import { faultOfDigits, parseClickTime } from '../../lib/date-time.ts';
import { characters, hasControlCharacter, wellFormed } from '../../lib/text.ts';

/** A name a person gives: 1 to 128 characters, none of them a control character. */
export const nameSchema = z
  .string({ error: ({ input }) => (input === undefined ? 'is required' : 'must be a string') })
  // Stored as they are they would become one and the same text, and two owners one.
  .refine((text) => text === wellFormed(text), 'must not contain lone surrogates or U+0000')
  .refine((text) => text.trim() !== '' && characters(text) <= 128, 'must be 1 to 128 characters')
  .refine((text) => !hasControlCharacter(text), 'must not contain control characters');

/** An owner's id that may be stored already: a name, but not `*`, which stands for every owner. */
export const ownerSchema = nameSchema.refine((text) => text !== '*', 'must not be *');

/** An owner's id as keys, URLs and imports may have it. */
export const newOwnerSchema = ownerSchema.refine(
  (text) => text === text.trim(),
  'must not begin or end with a blank',
);

/** An instant as ISO 8601 or Unix time, as Unix milliseconds. Digits that lie before 2000 were meant as a date. */
export const instantSchema = z
  .union([z.string(), z.number()], 'must be an ISO 8601 or Unix time')
  .transform((value, context) => {
    const instant = parseClickTime(value);
    const fault = faultOfDigits(String(value));
    if (instant !== undefined && fault === undefined) return instant;
    context.addIssue({ code: 'custom', message: fault ?? 'must be an ISO 8601 or Unix time' });
    return z.NEVER;
  });

/** A whole number from 1 to `max`, in a query string. */
export function wholeNumberSchema(max: number) {
  const message = `must be a whole number from 1 to ${max}`;
  return z.coerce.number(message).int(message).min(1, message).max(max, message);
}
