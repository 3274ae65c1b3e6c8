import { z } from 'zod';
import { ERROR_STATUS, type ErrorCode } from '../../errors.ts';
import { RATE_LIMITS, SCOPES } from '../../keys/scopes.ts';
import { namesOf } from '../../lib/names.ts';

/** An instant as answers write it where no time zone was asked for. */
const instant = z.string().meta({ format: 'date-time', examples: ['2026-01-31T10:00:00.000Z'] });

export const ERROR_CODES: readonly ErrorCode[] = namesOf(ERROR_STATUS);

export const errorAnswer = z
  .strictObject({
    error: z.string().describe('What is wrong and what to do, in a sentence for people.'),
    code: z.enum(ERROR_CODES).describe('What is wrong, for programs.'),
    field: z.string().exactOptional().describe('The parameter, header or body field that is wrong.'),
    details: z.array(z.unknown()).exactOptional().describe('More about it, where there is more to say.'),
  })
  .describe('Every error has this form.');

export const urlAnswer = z
  .strictObject({
    short_code: z.string().describe('Names the URL.'),
    owner_id: z.string().describe('Whose it is. An owner does not change.'),
    created_at: instant.describe('When it was made, or its first click where it was registered by one.'),
    private_stats: z.boolean().describe('True: only its owner sees its statistics. False: everybody does.'),
    long_url: z.string().nullable().describe('Where it leads, if that was told.'),
  })
  .describe('A short code that somebody owns.');

export const urlPageAnswer = z
  .strictObject({
    items: z.array(urlAnswer),
    next_cursor: z
      .string()
      .nullable()
      .describe('What to send as `cursor` for the next page; null on the last one.'),
  })
  .describe('A page of URLs, in the order of their codes.');

const keyFields = {
  id: z.string().describe('Names the key, and is no secret.'),
  owner_id: z.string().describe('Whose clicks and URLs it is for.'),
  name: z.string().describe('What people call it.'),
  scopes: z.array(z.enum(SCOPES)).readonly().describe('What it may do.'),
  expires_at: instant.nullable().describe('When it stops to hold; null: never.'),
  created_at: instant.describe('When it was made.'),
  rate_limit: z.enum(RATE_LIMITS).describe('`unlimited` is for services of your own.'),
};

export const keyAnswer = z.strictObject(keyFields).describe('An API key, without the key itself.');

const { id: keyId, ...otherKeyFields } = keyFields;

export const newKeyAnswer = z
  .strictObject({
    id: keyId,
    key: z.string().describe('The key. It is shown this once: only its SHA-256 is stored.'),
    ...otherKeyFields,
  })
  .describe('A key that was just made.');

export const keyListAnswer = z
  .strictObject({ items: z.array(keyAnswer) })
  .describe('All keys that are not revoked, oldest first.');

export const rejection = z
  .strictObject({
    index: z.int().min(0).describe('Its place in the request, from 0; blank lines count.'),
    field: z.string().describe('The field that is wrong; `click` where it is no object at all.'),
    error: z.string().describe('What is wrong with it.'),
  })
  .describe('A click that was not taken.');

const clickCounts = {
  accepted: z.int().min(0).describe('Clicks that are stored, and in every later answer.'),
  rejected: z.array(rejection).describe('The first 1,000 that are not.'),
};

export const clicksAnswer = z.strictObject(clickCounts).describe('What became of the clicks of a request.');

export const allRejectedAnswer = z
  .strictObject({
    error: errorAnswer.shape.error,
    code: z.literal('validation_error'),
    ...clickCounts,
    stopped_at: z
      .int()
      .exactOptional()
      .describe('How many clicks were read where so many at the beginning are wrong; the others were not.'),
  })
  .describe('Not one click of the request was taken.');

export const eraseAnswer = z
  .strictObject({ erased: z.int().min(0).describe('Clicks that were erased.') })
  .describe('How many clicks are gone.');

export const healthAnswer = z.strictObject({ status: z.literal('ok') }).describe('The process is alive.');

export const readyAnswer = z.strictObject({ status: z.literal('ready') }).describe('ClickHouse answers.');

export type UrlAnswer = z.output<typeof urlAnswer>;
export type UrlPageAnswer = z.output<typeof urlPageAnswer>;
export type KeyAnswer = z.output<typeof keyAnswer>;
export type NewKeyAnswer = z.output<typeof newKeyAnswer>;
export type KeyListAnswer = z.output<typeof keyListAnswer>;
export type EraseAnswer = z.output<typeof eraseAnswer>;
export type HealthAnswer = z.output<typeof healthAnswer>;
export type ReadyAnswer = z.output<typeof readyAnswer>;
