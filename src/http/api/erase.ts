import { z } from 'zod';
import { type Erasure, conditionsOf } from '../../erasure/erasure.ts';
import { MAX_VISITOR_ID_CHARACTERS } from '../../clicks/fields.ts';
import { storedCodeSchema } from '../../clicks/short-code.ts';
import { invalid } from '../../errors.ts';
import { parseIp } from '../../lib/ip.ts';
import { characters, isBlank, wellFormed } from '../../lib/text.ts';
import { checkOrder, parseInstant, parseTimeZone } from '../../stats/parse/requested-range.ts';
import { namedSchema, requestSchema } from '../openapi/schemas.ts';
import { ownerSchema } from '../request/request-schemas.ts';
import type { Services } from '../request/services.ts';
import { administrators } from '../route/access.ts';
import { jsonBody } from '../route/body.ts';
import { noParameters } from '../route/declared-parameters.ts';
import { json } from '../route/responses.ts';
import { route } from '../route/route.ts';

const date = z.union([z.string(), z.number()], 'must be an ISO 8601 or Unix time').transform(String);

/**
 * Unknown fields and null are refused: a selector that is misspelt or lost its value must not make an erasure wider. The
 * visitor's address and user agent come in the body because URLs end up in logs.
 */
const selectorsSchema = z.strictObject(
  {
    owner_id: ownerSchema.optional(),
    short_code: storedCodeSchema.transform(wellFormed).optional(),
    start_date: date.optional(),
    end_date: date.optional(),
    timezone: z.string('must be a string').default('UTC'),
    ip: z
      .string('must be a string')
      .transform(parseIp)
      .refine((ip) => ip !== undefined, 'must be an IPv4 or IPv6 address')
      .optional(),
    user_agent: z
      .string('must be a string')
      .refine((text) => characters(text) <= 2_048, 'must be at most 2048 characters')
      .transform(wellFormed)
      .optional(),
    visitor_id: z
      .string('must be a string')
      .refine(
        (text) => !isBlank(text) && characters(text) <= MAX_VISITOR_ID_CHARACTERS,
        `must be 1 to ${MAX_VISITOR_ID_CHARACTERS} characters`,
      )
      .transform(wellFormed)
      .optional(),
  },
  { error: ({ code }) => (code === 'invalid_type' ? 'must be a JSON object' : undefined) },
);

const selectors = requestSchema('Selectors', selectorsSchema, {
  description:
    'Which clicks: those that match every selector given. At least one is needed; a time zone alone is none.',
  fields: () => ({
    owner_id: { description: "Clicks of this owner's URLs.", minLength: 1, maxLength: 128, examples: ['me'] },
    short_code: { description: 'Clicks of this URL.', minLength: 1, maxLength: 128, examples: ['launch'] },
    start_date: {
      description: 'Clicks from this moment on: ISO 8601 or Unix time.',
      examples: ['2025-01-01'],
    },
    end_date: {
      description: 'Clicks up to this moment; a date alone is the whole day.',
      examples: ['2025-12-31'],
    },
    timezone: {
      description: 'The time zone of dates without an offset: an IANA name.',
      examples: ['Europe/Berlin'],
    },
    ip: {
      description:
        'With `user_agent`, the clicks of a visitor. Leave one of them out only where the clicks had none.',
      examples: ['203.0.113.7'],
    },
    user_agent: { description: 'With `ip`, a visitor.', maxLength: 2_048, examples: ['Mozilla/5.0 …'] },
    visitor_id: {
      description: 'A visitor whose clicks came with a `visitor_id`, in place of `ip` and `user_agent`.',
      minLength: 1,
      maxLength: MAX_VISITOR_ID_CHARACTERS,
      examples: ['account-4711'],
    },
  }),
});

const SELECTORS = ['owner_id', 'short_code', 'start_date', 'end_date', 'ip', 'user_agent', 'visitor_id'];

const eraseClicks = route({
  method: 'delete',
  path: '/api/v1/clicks',
  operationId: 'eraseClicks',
  tag: 'Clicks',
  summary: 'Erase clicks',
  description: `Erases the clicks that match all selectors of the body, for good. At least one selector is needed, and an unknown one is refused, so that a misspelt one never erases more. The response comes when no later one contains them.

Clicks that arrive meanwhile may stay, and so do URLs.`,
  access: administrators,
  rateLimit: 'none',
  parameters: noParameters,
  body: jsonBody(selectors, {
    description: 'Which clicks. A visitor is `ip` and `user_agent` together, or a `visitor_id`.',
    isRequired: true,
    examples: {
      url: { summary: 'Clicks of a URL', value: { short_code: 'launch', end_date: '2025-12-31' } },
      visitor: {
        summary: 'Clicks of a visitor',
        value: { ip: '203.0.113.7', user_agent: 'Mozilla/5.0 …' },
      },
    },
  }),
  responses: {
    200: json({
      schema: namedSchema(
        'Erased',
        z
          .strictObject({ erased: z.int().min(0).describe('Clicks that were erased.') })
          .describe('How many clicks were erased.'),
      ),
      description: 'The clicks are erased.',
      examples: { erased: { value: { erased: 12 } } },
    }),
  },
  errors: [],
  samples: [
    {
      label: 'Clicks of a URL up to the end of a year',
      path: '/api/v1/clicks',
      body: { type: 'application/json', text: '{"short_code": "launch", "end_date": "2025-12-31"}' },
    },
  ],
  handler:
    (services) =>
    async ({ body }) => {
      const erasure = await erasureOf(services, body);
      if (conditionsOf(erasure).length === 0)
        throw invalid('body', `Say which clicks: ${SELECTORS.join(', ')}.`);
      const erased = await services.removal.remove(erasure, (work) => services.urls.codeLock.shut(work));
      return { status: 200, body: { erased } };
    },
});

export const ERASE_ROUTES = [eraseClicks] as const;

async function erasureOf(
  { timeZones, hashVisitor }: Services,
  wanted: z.output<typeof selectorsSchema>,
): Promise<Erasure> {
  const { ip, user_agent: userAgent = '' } = wanted;
  const timezone = parseTimeZone(wanted.timezone, await timeZones());
  const start = instantOf('start_date', wanted.start_date, timezone, 'start');
  const end = instantOf('end_date', wanted.end_date, timezone, 'end');
  checkOrder(start, end);
  const { visitor_id: visitorId } = wanted;
  if (visitorId !== undefined && (ip !== undefined || wanted.user_agent !== undefined)) {
    throw invalid('visitor_id', 'visitor_id must not be given with ip or user_agent, which it replaces.');
  }
  // With neither, it would match all clicks that carry neither: no visitor at all.
  if (userAgent === '' && wanted.user_agent !== undefined && ip === undefined) {
    throw invalid('user_agent', 'user_agent must not be empty without ip.');
  }
  const isVisitor = ip !== undefined || userAgent !== '' || visitorId !== undefined;
  const visitor = isVisitor ? hashVisitor({ ip, user_agent: userAgent, visitor_id: visitorId }) : undefined;
  return { ownerId: wanted.owner_id, shortCode: wanted.short_code, start, end, visitor };
}

function instantOf(
  field: string,
  text: string | undefined,
  zone: string,
  edge: 'start' | 'end',
): number | undefined {
  return text === undefined ? undefined : parseInstant(field, text.trim(), zone, edge);
}
