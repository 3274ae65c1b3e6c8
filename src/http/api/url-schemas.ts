import { z } from 'zod';
import { parseUrl } from '../../lib/url.ts';
import type { ShortUrl } from '../../urls/registry.ts';
import { namedSchema, requestSchema } from '../openapi/schemas.ts';
import { instantSchema, ownerSchema } from '../request/request-schemas.ts';
import { timestampSchema } from '../response/timestamp-schema.ts';

/** What the body of a `PUT` may have. */
export const urlChange = requestSchema(
  'UrlChange',
  z.object({
    owner_id: ownerSchema.nullish(),
    created_at: instantSchema.nullish(),
    private_stats: z.boolean('must be true or false').nullish(),
    long_url: z
      .string('must be a string')
      .max(8_192, 'must be at most 8192 characters')
      .refine((text) => parseUrl(text) !== undefined, 'must be a URL')
      .nullable()
      .optional(),
  }),
  {
    description: 'The fields to set. A field that is left out keeps its value, or takes its default.',
    fields: {
      owner_id: {
        description:
          "The owner; only `admin:all` may name another than the key's own. The owner of an existing URL does not change.",
        minLength: 1,
        maxLength: 128,
        examples: ['me'],
      },
      created_at: {
        description: 'ISO 8601 or Unix time. Default of a new URL: now.',
        examples: ['2026-01-31T10:00:00Z'],
      },
      private_stats: {
        description: 'False: everybody may see the statistics of the URL. Default of a new URL: true.',
      },
      long_url: {
        description: 'Where the URL leads; null: unknown.',
        maxLength: 8_192,
        examples: ['https://example.com/launch'],
      },
    },
  },
);

export const urlSchema = namedSchema(
  'Url',
  z
    .strictObject({
      short_code: z.string().describe('Identifies the URL.'),
      owner_id: z.string().describe('The owner. It does not change.'),
      created_at: timestampSchema.describe(
        'When the URL was created: the time of its first click where that registered it.',
      ),
      private_stats: z.boolean().describe('True: only the owner sees the statistics. False: everybody does.'),
      long_url: z.string().nullable().describe('Where the URL leads; null: unknown.'),
    })
    .describe('A short code and its owner.'),
);

export const urlPageSchema = namedSchema(
  'UrlPage',
  z
    .strictObject({
      items: z.array(urlSchema.schema),
      next_cursor: z
        .string()
        .nullable()
        .describe('What to send as `cursor` for the next page; null on the last one.'),
    })
    .describe('A page of URLs, in the order of their codes.'),
);

export const URL_EXAMPLE = {
  short_code: 'launch',
  owner_id: 'me',
  created_at: '2026-01-31T10:00:00.000Z',
  private_stats: true,
  long_url: 'https://example.com/launch',
};

/** A URL as responses have it. */
export function presentUrl(url: ShortUrl): z.output<typeof urlSchema.schema> {
  return {
    short_code: url.shortCode,
    owner_id: url.ownerId,
    created_at: new Date(url.createdAt).toISOString(),
    private_stats: url.privateStats,
    long_url: url.longUrl,
  };
}

/** The cursor of the page after a code. */
export function writeCursor(shortCode: string): string {
  return Buffer.from(shortCode).toString('base64url');
}

/** The code that a cursor stands for; undefined when it is no cursor. */
export function readCursor(cursor: string): string | undefined {
  const shortCode = Buffer.from(cursor, 'base64url').toString('utf8');
  return writeCursor(shortCode) === cursor ? shortCode : undefined;
}
