import type { z } from 'zod';
import type { schema as clickSchema } from '../../clicks/schema.ts';
import type { selectorsSchema } from '../api/erase.ts';
import type { newKeySchema } from '../api/keys.ts';
import type { changeSchema } from '../api/urls.ts';
import type { JsonSchema } from './model.ts';

export type FieldDescriptions = Readonly<Record<string, JsonSchema>>;

/** Something to say of every field of a schema, no more and no less. */
type FieldsOf<Schema extends z.ZodType> = Readonly<Record<keyof z.input<Schema> & string, JsonSchema>>;

const MOMENT = '2026-01-31T10:00:00Z';

export const CLICK_FIELDS = {
  short_code: {
    description: 'The URL that was clicked. No control characters, and neither `.` nor `..`.',
    minLength: 1,
    maxLength: 128,
    examples: ['launch'],
  },
  clicked_at: {
    description:
      'When: ISO 8601 or Unix time, without an offset in UTC. Default: when the request came. Not before 2000, nor more than 24 hours in the future.',
    examples: [MOMENT],
  },
  ip: {
    description:
      "The visitor's IPv4 or IPv6 address, for the visitor's hash and the place. It is not stored.",
    examples: ['203.0.113.7'],
  },
  user_agent: {
    description: "For the visitor's hash, browser, system and whether it is a program. It is not stored.",
    maxLength: 2_048,
    examples: ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36'],
  },
  referrer: {
    description: 'Stored as scheme, host and path; `Direct` where it is none of http(s).',
    maxLength: 2_048,
    examples: ['https://news.ycombinator.com/'],
  },
  redirect_ms: { description: 'How many milliseconds the redirect took.', examples: [12.5] },
  country: {
    description: 'A code or an English name, in place of what the address tells; `XX` where it is unknown.',
    maxLength: 128,
    examples: ['Türkiye'],
  },
  city: { description: 'In place of what the address tells.', maxLength: 128, examples: ['Istanbul'] },
  browser: { description: 'In place of what the user agent tells.', maxLength: 128, examples: ['Firefox'] },
  os: { description: 'In place of what the user agent tells.', maxLength: 128, examples: ['Linux'] },
  click_id: { description: 'A name of your own for the click.', maxLength: 64, examples: ['c-1'] },
} as const satisfies FieldsOf<typeof clickSchema>;

export const URL_FIELDS = {
  owner_id: {
    description:
      "Whose it is; only `admin:all` may name another than the key's own. An existing URL's does not change.",
    minLength: 1,
    maxLength: 128,
    examples: ['me'],
  },
  created_at: { description: 'ISO 8601 or Unix time. Default of a new URL: now.', examples: [MOMENT] },
  private_stats: { description: 'False: everybody may see its statistics. Default of a new URL: true.' },
  long_url: {
    description: 'Where it leads; null: not told.',
    maxLength: 8_192,
    examples: ['https://example.com/launch'],
  },
} as const satisfies FieldsOf<typeof changeSchema>;

export const KEY_FIELDS = {
  owner_id: {
    description: 'Whose clicks and URLs it is for.',
    minLength: 1,
    maxLength: 128,
    examples: ['me'],
  },
  name: { description: 'What people call it.', minLength: 1, maxLength: 128, examples: ['website'] },
  scopes: { description: 'What it may do. `admin:all` includes the others, for every owner.' },
  expires_at: { description: 'ISO 8601 or Unix time in the future; null: never.', examples: ['2030-01-01'] },
  rate_limit: { description: '`unlimited` is for services of your own.' },
} as const satisfies FieldsOf<typeof newKeySchema>;

export const SELECTOR_FIELDS = {
  owner_id: { description: "Clicks of this owner's URLs.", minLength: 1, maxLength: 128, examples: ['me'] },
  short_code: { description: 'Clicks of this URL.', minLength: 1, maxLength: 128, examples: ['launch'] },
  start_date: { description: 'Clicks from then on: ISO 8601 or Unix time.', examples: ['2025-01-01'] },
  end_date: {
    description: 'Clicks up to then, a whole day where it is a date alone.',
    examples: ['2025-12-31'],
  },
  timezone: { description: 'Of the dates without an offset: an IANA name.', examples: ['Europe/Berlin'] },
  ip: {
    description:
      "With `user_agent`, a visitor's clicks. Leave one of them out only where the clicks had none.",
    examples: ['203.0.113.7'],
  },
  user_agent: { description: 'With `ip`, a visitor.', maxLength: 2_048, examples: ['Mozilla/5.0 …'] },
} as const satisfies FieldsOf<typeof selectorsSchema>;
