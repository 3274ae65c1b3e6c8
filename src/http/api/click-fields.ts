import type { schema as clickSchema } from '../../clicks/schema.ts';
import type { FieldsOf } from '../openapi/schemas.ts';

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
