import { z } from 'zod';
import { CLICK_BYTES } from '../../clicks/click-body.ts';
import { INPUTS, INPUT_NAMES } from '../../clicks/click-schema.ts';
import type { BodyFormat } from '../../clicks/ingest-bytes.ts';
import { schema as clickSchema } from '../../clicks/parse-click.ts';
import { AppError } from '../../errors.ts';
import { MAX_LEADING_REJECTIONS, MAX_FINDINGS_SHOWN, ingestBody } from '../body/ingest-body.ts';
import { X_ERROR_CODE, errorSchema } from '../openapi/documented-errors.ts';
import type { MediaType } from '../openapi/model.ts';
import { namedSchema, ref, requestSchema } from '../openapi/schemas.ts';
import { BODY_DEADLINE_MS } from '../request/request-limits.ts';
import { errorHeaders } from '../response/error-response.ts';
import { keyWith } from '../route/access.ts';
import { bytesBody } from '../route/body.ts';
import { parameters } from '../route/declared-parameters.ts';
import { json } from '../route/responses.ts';
import { route } from '../route/route.ts';

const MAX_BODY_BYTES = 64 * 1_048_576;

const clickInput = requestSchema('Click', clickSchema, {
  description: 'A click. Unknown fields are ignored; null and blank text count as not given.',
  fields: () => Object.fromEntries(INPUT_NAMES.map((name) => [name, INPUTS[name].input.document])),
});

const CLICKS = [
  {
    short_code: 'launch',
    ip: '203.0.113.7',
    user_agent: 'Mozilla/5.0 …',
    referrer: 'https://news.ycombinator.com/',
  },
  { short_code: 'launch', clicked_at: '2026-01-31T10:00:00Z', country: 'Türkiye', redirect_ms: 12.5 },
] as const;

const NDJSON = CLICKS.map((click) => JSON.stringify(click)).join('\n');

const CONTENT_TYPES: Readonly<Record<string, { readonly format: BodyFormat; readonly media: MediaType }>> = {
  'application/json': {
    format: 'json',
    media: {
      schema: { oneOf: [ref(clickInput), { type: 'array', items: ref(clickInput) }] },
      examples: {
        one: { summary: 'One click', value: CLICKS[0] },
        several: { summary: 'Several', value: CLICKS },
      },
    },
  },
  'application/x-ndjson': {
    format: 'ndjson',
    media: {
      schema: { type: 'string', description: 'A `Click` as JSON on each line; blank lines are skipped.' },
      examples: { lines: { value: NDJSON } },
    },
  },
};

const rejectionSchema = namedSchema(
  'Rejection',
  z
    .strictObject({
      index: z.int().min(0).describe('The place of the click in the request, from 0; blank lines count.'),
      field: z.string().describe('The field that is wrong; `click` where it is not an object at all.'),
      error: z.string().describe('What is wrong with it.'),
    })
    .describe('A click that was rejected.'),
);

const warningSchema = namedSchema(
  'Warning',
  z
    .strictObject({
      index: z.int().min(0).describe('The place of the click in the request, from 0; blank lines count.'),
      field: z.string().describe('The field that was not taken as it is.'),
      warning: z.string().describe('What is wrong with it, and whether it was cut or left out.'),
    })
    .describe('A click that is stored without a part of one of its fields.'),
);

const clickCounts = {
  accepted: z.int().min(0).describe('Clicks that are stored, and in every later response.'),
  rejected: z
    .array(rejectionSchema.schema)
    .describe(`The first ${MAX_FINDINGS_SHOWN.toLocaleString('en-US')} clicks that were rejected.`),
};

const resultSchema = namedSchema(
  'ClicksAnswer',
  z
    .strictObject({
      ...clickCounts,
      warnings: z
        .array(warningSchema.schema)
        .exactOptional()
        .describe(
          `The first ${MAX_FINDINGS_SHOWN.toLocaleString('en-US')} warnings about clicks; absent without any.`,
        ),
    })
    .describe(
      'How many clicks of a request are stored, which were rejected, and what of others was not stored.',
    ),
);

const allRejectedSchema = namedSchema(
  'AllRejected',
  z
    .strictObject({
      error: errorSchema.schema.shape.error,
      code: z.literal('validation_error'),
      error_code: z.literal('validation_error').describe('The same as `code`.'),
      ...clickCounts,
      stopped_at: z
        .int()
        .exactOptional()
        .describe(
          'How many clicks were read, where so many at the beginning were rejected that the others were not.',
        ),
    })
    .describe('Every click of the request was rejected.'),
);

const sendClicks = route({
  method: 'post',
  path: '/api/v1/clicks',
  operationId: 'sendClicks',
  tag: 'Clicks',
  summary: 'Send clicks',
  description: `One click, or many, as JSON or NDJSON, up to ${MAX_BODY_BYTES / 1_048_576} MiB. The response comes when ClickHouse has stored them; they are part of all statistics from then on.

Only \`short_code\` is required. An unknown code is registered as a URL of the key's owner, with private statistics. Only a wrong \`short_code\` or \`clicked_at\` costs a click: of another field, what is too long is cut, what is wrong is left out, and \`warnings\` says so. A click that is rejected is named in \`rejected\`, the first ${MAX_FINDINGS_SHOWN.toLocaleString('en-US')} of them, and does not stop the others. Where the first ${MAX_LEADING_REJECTIONS.toLocaleString('en-US')} are all rejected, blank lines aside, the rest is not read, and \`stopped_at\` says so.

A request with an \`Idempotency-Key\` can be sent again until it gets a response, and counts once, also after a crash.`,
  access: keyWith('clicks:write'),
  rateLimit: 'none',
  parameters: parameters({
    'Idempotency-Key': {
      in: 'header',
      schema: z.string().max(255, 'must be at most 255 characters').optional(),
      description: "A name for the request, kept with the key's owner for 7 days.",
      example: 'batch-2026-01-31-17',
    },
    'Content-Encoding': {
      in: 'header',
      schema: z.string().optional(),
      description: 'How the body is compressed.',
      bounds: { enum: ['gzip', 'identity'], default: 'identity' },
    },
  }),
  body: bytesBody(CONTENT_TYPES, {
    maxBytes: MAX_BODY_BYTES,
    description: `The clicks, up to ${MAX_BODY_BYTES / 1_048_576} MiB decompressed, within ${BODY_DEADLINE_MS / 60_000} minutes. A click of more than ${CLICK_BYTES / 1_024} KiB of JSON is rejected.`,
    schemas: [clickInput],
  }),
  responses: {
    200: json({
      schema: resultSchema,
      nested: [rejectionSchema, warningSchema],
      description: 'How many clicks are stored, and which were rejected. An empty body has none of either.',
      examples: {
        accepted: { summary: 'All are stored', value: { accepted: 2, rejected: [] } },
        some: {
          summary: 'One is rejected',
          value: {
            accepted: 1,
            rejected: [{ index: 1, field: 'clicked_at', error: 'lies before the year 2000' }],
          },
        },
        warned: {
          summary: 'All are stored, one without its address',
          value: {
            accepted: 2,
            rejected: [],
            warnings: [{ index: 1, field: 'ip', warning: 'is not an IPv4 or IPv6 address: left out' }],
          },
        },
      },
    }),
    422: json({
      schema: allRejectedSchema,
      nested: [rejectionSchema],
      description: 'Every click that was read is rejected.',
      headers: { 'X-Error-Code': X_ERROR_CODE },
      examples: {
        none: {
          value: {
            error: allRejected(undefined),
            code: 'validation_error',
            error_code: 'validation_error',
            accepted: 0,
            rejected: [{ index: 0, field: 'short_code', error: 'is required' }],
          },
        },
        stopped: {
          summary: 'So many that the rest was not read',
          value: {
            error: allRejected(MAX_LEADING_REJECTIONS),
            code: 'validation_error',
            error_code: 'validation_error',
            accepted: 0,
            rejected: [{ index: 0, field: 'click', error: 'must be a JSON object' }],
            stopped_at: MAX_LEADING_REJECTIONS,
          },
        },
      },
    }),
  },
  errors: ['idempotency_conflict'],
  samples: [
    {
      label: 'Two clicks, one a line',
      path: '/api/v1/clicks',
      body: { type: 'application/x-ndjson', text: NDJSON },
    },
    {
      label: 'A gzipped file, which can safely be sent again',
      path: '/api/v1/clicks',
      headers: {
        'Content-Type': 'application/x-ndjson',
        'Content-Encoding': 'gzip',
        'Idempotency-Key': 'batch-17',
      },
      options: ['--data-binary @clicks.ndjson.gz'],
    },
  ],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: { 'Idempotency-Key': key }, body: { bytes, type } }) => {
      const outcome = await ingestBody(services, ctx, principal, { bytes, format: type.format, key });
      const { accepted, rejected, warnings, stopped_at: stoppedAt } = outcome;
      if (accepted > 0 || rejected.length === 0) {
        return {
          status: 200,
          body: { accepted, rejected, ...(warnings === undefined ? {} : { warnings }) },
        };
      }
      const stopped = stoppedAt === undefined ? {} : { stopped_at: stoppedAt };
      const error = allRejected(stoppedAt);
      const code = 'validation_error' as const;
      return {
        status: 422,
        headers: errorHeaders(new AppError(code, error, { status: 422 })),
        body: { error, code, error_code: code, accepted, rejected, ...stopped },
      };
    },
});

export const CLICK_ROUTES = [sendClicks] as const;

function allRejected(stoppedAt: number | undefined): string {
  if (stoppedAt === undefined) return 'No click was taken: every one is wrong.';
  return `No click was taken: the first ${stoppedAt} are all wrong, and the others were not read.`;
}
