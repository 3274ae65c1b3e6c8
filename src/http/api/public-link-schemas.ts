import { z } from 'zod';
import { parseUrl } from '../../lib/url.ts';
import type { ShortUrl } from '../../urls/short-url.ts';
import { namedSchema, requestSchema } from '../openapi/schemas.ts';
import { timestampSchema } from '../response/timestamp-schema.ts';
import { EXPORTED_EXAMPLE } from './stats-examples.ts';
import { statsSchema } from './stats-schemas.ts';

/* What the public API of a shortener says of a link. Spoor counts clicks and does not redirect: it knows of no password, limit or end of a link. */

const generation = z.literal('v2').describe('Always `v2`.');
const alias = z.string().describe('The short code.');
const shortUrl = z
  .string()
  .describe('The path of the short URL. Spoor does not know the host that redirects.');
const status = z.literal('active').describe('Always `active`: Spoor does not redirect.');
const createdAt = timestampSchema.describe('When the URL was created.');
const isProtected = z.literal(false).describe('Always false.');

export const linkFactsSchema = namedSchema(
  'PublicLink',
  z
    .strictObject({
      alias,
      short_url: shortUrl,
      long_url: z.string().nullable().describe('Where the URL leads; null: unknown.'),
      created_at: createdAt,
      status,
      max_clicks: z.null().describe('Always null.'),
      block_bots: z.literal(false).describe('Always false.'),
      password_protected: isProtected,
    })
    .describe('What everybody may know of a URL with public statistics.'),
);

export const publicStatsSchema = namedSchema(
  'PublicStats',
  z
    .strictObject({ generation, link: linkFactsSchema.schema, stats: statsSchema.schema })
    .describe('A URL and its statistics.'),
);

const destinationSchema = z
  .strictObject({
    url: z.string(),
    domain: z.string(),
    path: z.string(),
    is_https: z.boolean(),
  })
  .describe('Where the URL leads; null: unknown.');

export const publicPreviewSchema = namedSchema(
  'PublicPreview',
  z
    .strictObject({
      generation,
      alias,
      short_url: shortUrl,
      status,
      created_at: createdAt,
      password_protected: isProtected,
      destination: destinationSchema.nullable(),
      geo_destinations: z.null().describe('Always null.'),
      link: linkFactsSchema.schema,
    })
    .describe('Where a URL leads.'),
);

export const passwordBody = requestSchema(
  'PublicStatsBody',
  z.object({
    password: z.string('must be a string').max(1_024, 'must be at most 1024 characters').nullish(),
  }),
  {
    description: 'The password of a link, which is not looked at: no link of Spoor has one.',
    fields: () => ({ password: { description: 'Any.', maxLength: 1_024 } }),
  },
);

export const PUBLIC_LINK_EXAMPLE = {
  alias: 'launch',
  short_url: '/launch',
  long_url: 'https://example.com/launch',
  created_at: '2026-01-31T10:00:00.000Z',
  status: 'active',
  max_clicks: null,
  block_bots: false,
  password_protected: false,
} as const;

export const PUBLIC_STATS_EXAMPLE = {
  generation: 'v2',
  link: PUBLIC_LINK_EXAMPLE,
  stats: EXPORTED_EXAMPLE,
} as const;

export function presentLink(url: ShortUrl): z.output<typeof linkFactsSchema.schema> {
  return {
    alias: url.shortCode,
    short_url: `/${encodeURIComponent(url.shortCode)}`,
    long_url: url.longUrl,
    created_at: new Date(url.createdAt).toISOString(),
    status: 'active',
    max_clicks: null,
    block_bots: false,
    password_protected: false,
  };
}

export function presentPreview(url: ShortUrl): z.output<typeof publicPreviewSchema.schema> {
  const link = presentLink(url);
  return {
    generation: 'v2',
    alias: link.alias,
    short_url: link.short_url,
    status: link.status,
    created_at: link.created_at,
    password_protected: link.password_protected,
    destination: destinationOf(url.longUrl ?? ''),
    geo_destinations: null,
    link,
  };
}

function destinationOf(longUrl: string): z.output<typeof destinationSchema> | null {
  const parsed = parseUrl(longUrl);
  if (parsed === undefined) return null;
  const { hostname, pathname, protocol } = parsed;
  return { url: longUrl, domain: hostname, path: pathname, is_https: protocol === 'https:' };
}
