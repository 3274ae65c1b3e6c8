import { z } from 'zod';
import { namesOf } from '../../lib/names.ts';
import { wellFormed } from '../../lib/text.ts';
import { parseUrl } from '../../lib/url.ts';
import { URL_SORTS } from '../../urls/url-listing.ts';
import type { ShortUrl } from '../../urls/short-url.ts';
import { MAX_TAGS, MAX_TAG_CHARACTERS, tagsSchema } from '../../urls/tags.ts';
import { namedSchema, requestSchema } from '../openapi/schemas.ts';
import { instantSchema, newOwnerSchema } from '../request/request-schemas.ts';
import { timestampSchema } from '../response/timestamp-schema.ts';

/** What the body of a `PUT` may have. */
export const urlChange = requestSchema(
  'UrlChange',
  z.object({
    owner_id: newOwnerSchema.nullish(),
    created_at: instantSchema.nullish(),
    private_stats: z.boolean('must be true or false').nullish(),
    long_url: z
      .string('must be a string')
      .max(8_192, 'must be at most 8192 characters')
      .refine((text) => text === wellFormed(text), 'must not contain lone surrogates or U+0000')
      .refine((text) => parseUrl(text) !== undefined, 'must be a URL')
      .nullable()
      .optional(),
    tags: tagsSchema.nullish(),
  }),
  {
    description: 'The fields to set. A field that is left out keeps its value, or takes its default.',
    fields: () => ({
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
      tags: {
        description: `What you call the URL, up to ${MAX_TAGS} tags in place of those that it has; an empty list removes them. Statistics can be grouped and filtered by \`tag\`.`,
        items: { type: 'string', minLength: 1, maxLength: MAX_TAG_CHARACTERS },
        examples: [['newsletter', 'spring']],
      },
    }),
  },
);

export const urlSchema = namedSchema(
  'Url',
  z
    .strictObject({
      id: z.string().describe('The short code, which identifies the URL.'),
      alias: z.string().describe('The short code.'),
      short_code: z.string().describe('Identifies the URL.'),
      owner_id: z.string().describe('The owner. It does not change.'),
      created_at: timestampSchema.describe(
        'When the URL was created: the time of its first click where that registered it.',
      ),
      private_stats: z.boolean().describe('True: only the owner sees the statistics. False: everybody does.'),
      long_url: z.string().nullable().describe('Where the URL leads; null: unknown.'),
      tags: z.array(z.string()).max(MAX_TAGS).describe('What its owner calls it. Only its owner sees them.'),
      status: z.literal('ACTIVE').describe('Always `ACTIVE`: Spoor does not redirect.'),
      password_set: z.literal(false).describe('Always false.'),
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
        .describe('In the order of codes: what to send as `cursor` for the next page; null on the last one.'),
      page: z.int().min(1).exactOptional().describe('The number of the page; not with `cursor`.'),
      pageSize: z.int().min(1).describe('The most URLs that the page has.'),
      total: z.int().min(0).exactOptional().describe('URLs on all pages; not with `cursor`.'),
      hasNext: z.boolean().describe('Whether there is a next page.'),
      sortBy: z.enum(namesOf(URL_SORTS)).describe('The sort order.'),
      sortOrder: z.enum(['ascending', 'descending']),
    })
    .describe('A page of URLs.'),
);

export const URL_EXAMPLE = {
  id: 'launch',
  alias: 'launch',
  short_code: 'launch',
  owner_id: 'me',
  created_at: '2026-01-31T10:00:00.000Z',
  private_stats: true,
  long_url: 'https://example.com/launch',
  tags: ['newsletter', 'spring'],
  status: 'ACTIVE',
  password_set: false,
};

/** A URL as responses have it. */
export function presentUrl(url: ShortUrl): z.output<typeof urlSchema.schema> {
  return {
    id: url.shortCode,
    alias: url.shortCode,
    short_code: url.shortCode,
    owner_id: url.ownerId,
    created_at: new Date(url.createdAt).toISOString(),
    private_stats: url.privateStats,
    long_url: url.longUrl,
    tags: [...url.tags],
    status: 'ACTIVE',
    password_set: false,
  };
}
