import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type BodyStep, jsonItems, ndjsonItems } from '../../clicks/click-body.ts';
import { INPUTS, INPUT_NAMES } from '../../clicks/fields.ts';
import { ingest } from '../../clicks/ingest.ts';
import { schema as clickSchema } from '../../clicks/parse-click.ts';
import type { OnceName } from '../../clicks/writer.ts';
import type { Room } from '../../fair-share/room.ts';
import { type Principal, isAdmin } from '../../keys/scopes.ts';
import { inTurns, slicesOf } from '../../lib/event-loop.ts';
import { withRoom } from '../body/ingest-memory.ts';
import { errorSchema } from '../openapi/error-responses.ts';
import type { MediaType } from '../openapi/model.ts';
import { namedSchema, ref, requestSchema } from '../openapi/schemas.ts';
import { type State, signalOf } from '../request/context.ts';
import { BODY_DEADLINE_MS } from '../request/limits.ts';
import type { Services } from '../request/services.ts';
import { keyWith } from '../route/access.ts';
import { bytesBody } from '../route/body.ts';
import { parameters } from '../route/parameters.ts';
import { json } from '../route/responses.ts';
import { route } from '../route/route.ts';

const MAX_BODY_BYTES = 64 * 1_048_576;

/** Rejected clicks that a response names. */
const MAX_REJECTIONS_SHOWN = 1_000;

/** A body whose first clicks are all rejected is read no further. */
const MAX_LEADING_REJECTIONS = 10_000;

type ParseBody = (body: Buffer) => Iterator<BodyStep>;

const clickInput = requestSchema('Click', clickSchema, {
  description: 'A click. Unknown fields are ignored; null and "" count as not given.',
  fields: Object.fromEntries(INPUT_NAMES.map((name) => [name, INPUTS[name].input.document])),
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

const CONTENT_TYPES: Readonly<Record<string, { readonly parse: ParseBody; readonly media: MediaType }>> = {
  'application/json': {
    parse: jsonItems,
    media: {
      schema: { oneOf: [ref(clickInput), { type: 'array', items: ref(clickInput) }] },
      examples: {
        one: { summary: 'One click', value: CLICKS[0] },
        several: { summary: 'Several', value: CLICKS },
      },
    },
  },
  'application/x-ndjson': {
    parse: ndjsonItems,
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

const clickCounts = {
  accepted: z.int().min(0).describe('Clicks that are stored, and in every later response.'),
  rejected: z
    .array(rejectionSchema.schema)
    .describe(`The first ${MAX_REJECTIONS_SHOWN.toLocaleString('en-US')} clicks that were rejected.`),
};

const resultSchema = namedSchema(
  'ClicksAnswer',
  z.strictObject(clickCounts).describe('How many clicks of a request are stored, and which were rejected.'),
);

const allRejectedSchema = namedSchema(
  'AllRejected',
  z
    .strictObject({
      error: errorSchema.schema.shape.error,
      code: z.literal('validation_error'),
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

Only \`short_code\` is required. An unknown code is registered as a URL of the key's owner, with private statistics. A click that is rejected is named in \`rejected\`, the first ${MAX_REJECTIONS_SHOWN.toLocaleString('en-US')} of them, and does not stop the others. Where the first ${MAX_LEADING_REJECTIONS.toLocaleString('en-US')} are all rejected, blank lines aside, the rest is not read, and \`stopped_at\` says so.

A request with an \`Idempotency-Key\` can be sent again until it gets a response, and counts once, also after a crash.`,
  access: keyWith('clicks:write'),
  rateLimit: 'none',
  parameters: parameters({
    'Idempotency-Key': {
      in: 'header',
      schema: z.string().max(255, 'must be at most 255 characters').optional(),
      description: "A name for the request, remembered with the key's owner for at least 24 hours.",
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
    description: `The clicks, up to ${MAX_BODY_BYTES / 1_048_576} MiB decompressed, within ${BODY_DEADLINE_MS / 60_000} minutes.`,
    schemas: [clickInput],
  }),
  responses: {
    200: json({
      schema: resultSchema,
      nested: [rejectionSchema],
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
      },
    }),
    422: json({
      schema: allRejectedSchema,
      nested: [rejectionSchema],
      description: 'Every click that was read is rejected.',
      examples: {
        none: {
          value: {
            error: allRejected(undefined),
            code: 'validation_error',
            accepted: 0,
            rejected: [{ index: 0, field: 'short_code', error: 'is required' }],
          },
        },
        stopped: {
          summary: 'So many that the rest was not read',
          value: {
            error: allRejected(MAX_LEADING_REJECTIONS),
            code: 'validation_error',
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
      const { parse } = type;
      const signal = signalOf(ctx);
      const result = await withRoom(services, ctx, bytes, (room) =>
        ingestBody(services, principal, { body: bytes, parse, key, signal, room, state: ctx.state }),
      );
      const { accepted, rejected, stopped_at: stoppedAt } = resultOf(result);
      if (accepted > 0 || rejected.length === 0) return { status: 200, body: { accepted, rejected } };
      const stopped = stoppedAt === undefined ? {} : { stopped_at: stoppedAt };
      const error = allRejected(stoppedAt);
      return {
        status: 422,
        body: { error, code: 'validation_error' as const, accepted, rejected, ...stopped },
      };
    },
});

export const CLICK_ROUTES = [sendClicks] as const;

interface ClicksRequest {
  readonly body: Buffer;
  readonly parse: ParseBody;
  /** Idempotency-Key. */
  readonly key: string | undefined;
  readonly signal: AbortSignal;
  readonly room: Room;
  readonly state: State;
}

/** @returns the result as JSON, the same each time for a request that is repeated */
async function ingestBody(
  services: Services,
  principal: Principal,
  { body, parse, key, signal, room, state }: ClicksRequest,
): Promise<string> {
  const items: Iterable<BodyStep> = { [Symbol.iterator]: () => parse(body) };
  const options = {
    ownerId: principal.ownerId,
    isAdmin: isAdmin(principal),
    rejectionsKept: MAX_REJECTIONS_SHOWN,
    badAtMost: MAX_LEADING_REJECTIONS,
    room,
    signal,
  };
  const now = services.now();
  const run = async (receivedAt: number, once?: OnceName): Promise<string> => {
    const result = await ingest(services.ingest, items, { ...options, receivedAt, once });
    // The writer has noted whose clicks it stored, except where another process stored the clicks of a repeated request.
    state.hasNotedChanges = true;
    services.metrics.countClicks(result.accepted, result.rejectedCount);
    const { accepted, rejected, stoppedAt } = result;
    return JSON.stringify({ accepted, rejected, stopped_at: stoppedAt });
  };
  return key === undefined ? run(now) : runOnce(services, principal.ownerId, key, body, now, run);
}

/** The result of an earlier release may have further fields. */
const storedResultSchema = z.object({
  ...clickCounts,
  stopped_at: z.int().exactOptional(),
});

function resultOf(text: string): z.output<typeof storedResultSchema> {
  return storedResultSchema.parse(JSON.parse(text));
}

function allRejected(stoppedAt: number | undefined): string {
  if (stoppedAt === undefined) return 'No click was taken: every one is wrong.';
  return `No click was taken: the first ${stoppedAt} are all wrong, and the others were not read.`;
}

/** Counts a request with an Idempotency-Key once, however often it is sent. */
async function runOnce(
  services: Services,
  ownerId: string,
  key: string,
  body: Buffer,
  now: number,
  run: (receivedAt: number, once: OnceName) => Promise<string>,
): Promise<string> {
  const hash = createHash('sha256');
  for await (const slice of inTurns(slicesOf(body))) hash.update(slice);
  const bodySha256 = hash.digest('hex');
  const name = JSON.stringify([ownerId, key, bodySha256]);
  return services.idempotency.once({ ownerId, key, bodySha256 }, now, ({ receivedAt, isRetry }) =>
    run(receivedAt, { name, isRetry }),
  );
}
