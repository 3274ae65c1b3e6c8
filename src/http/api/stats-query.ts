import { invalid } from '../../errors.ts';
import type { Principal } from '../../keys/scopes.ts';
import { isObject } from '../../lib/json-object.ts';
import { slicesOf, timeSlices } from '../../lib/event-loop.ts';
import { jsonParameters } from '../request/json-parameters.ts';
import { requestIdOf } from '../request/request-id.ts';
import { STATS_SCOPES, requireKeyForAll } from '../request/tenant.ts';
import { errorBody, exposedError } from '../response/error-response.ts';
import { weakEtag } from '../response/etag.ts';
import { type BatchResult, statsBatch } from '../response/stats-batch.ts';
import { type Question, STATS_HEADERS, askerOf, statsResponse } from '../response/stats-response.ts';
import { keyOrPublicUrlInBody } from '../route/access.ts';
import { jsonObjectBody } from '../route/body.ts';
import { parsedBy } from '../route/declared-parameters.ts';
import { encodedJson } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { NOT_ONE_OF, TAGGED_HEADERS } from './common-responses.ts';
import { STATS_RATE_LIMIT } from './rate-limits.ts';
import { STATS_EXAMPLE } from './stats-examples.ts';
import {
  MAX_QUESTIONS,
  QUESTION_NAMES,
  eitherSchema,
  questionsSchema,
  statsAnswersSchema,
} from './stats-query-schemas.ts';
import { parseExplain } from './explain-parameter.ts';
import { breakdownRow } from './list-schemas.ts';
import { statsSchema } from './stats-schemas.ts';

const MAX_BODY_BYTES = 1_048_576;

const ONE_QUESTION = {
  start_date: '2026-01-01',
  end_date: '2026-01-31',
  group_by: ['time', 'browser'],
  filters: { country: ['DE', 'FR'] },
  limit: 10,
};

const TWO_QUESTIONS = {
  queries: [
    { group_by: ['time'], timezone: 'Europe/Berlin' },
    { group_by: ['country', 'browser'], breakdown: false, timezone: 'Europe/Berlin' },
  ],
};

const postStatsQuery = route({
  method: 'post',
  path: '/api/v1/stats/query',
  operationId: 'postStatsQuery',
  tag: 'Statistics',
  summary: 'Get statistics by a JSON body, or a batch of them',
  description: `The same as \`GET /api/v1/stats\`, with the parameters in a JSON object: by their names, lists as arrays or separated by commas, \`filters\` as JSON. The response is the same. Filters may be longer here than in a URL.

\`queries\` has up to ${MAX_QUESTIONS} such queries, all computed for the same moment. The response has their results in their order, each with the status and body that the query would have had alone. Equal queries are computed once. Queries about the same clicks (owner or URL, range, filters, \`bots\`, \`compare\`) share one ClickHouse query unless that would cost more than several, so their numbers agree even while clicks arrive: such results have the same number in \`view\`.

Each query counts against the rate limit of \`GET /api/v1/stats\`. If not all of them fit, none is computed.`,
  access: keyOrPublicUrlInBody(...STATS_SCOPES),
  rateLimit: { ...STATS_RATE_LIMIT, sharedWith: 'GET /api/v1/stats' },
  parameters: parsedBy([], (ctx) => {
    ctx.state.isRead = true;
  }),
  body: jsonObjectBody(questionsSchema, {
    description: 'One query, or a batch. Up to 1 MiB.',
    isRequired: false,
    maxBytes: MAX_BODY_BYTES,
    examples: {
      one: { summary: 'One query', value: ONE_QUESTION },
      several: { summary: 'Two queries with one view', value: TWO_QUESTIONS },
    },
  }),
  responses: {
    200: encodedJson({
      schema: eitherSchema,
      nested: [statsSchema, statsAnswersSchema, breakdownRow],
      description: 'The statistics, or the results of the batch.',
      headers: TAGGED_HEADERS,
      examples: {
        one: { summary: 'One query', value: STATS_EXAMPLE },
        several: {
          summary: 'Several',
          value: { results: [{ status: 200, view: 1, body: STATS_EXAMPLE }] },
        },
      },
    }),
    422: NOT_ONE_OF,
  },
  errors: ['not_found'],
  samples: [
    {
      label: 'One query',
      path: '/api/v1/stats/query',
      body: { type: 'application/json', text: JSON.stringify(ONE_QUESTION) },
    },
    {
      label: 'Two lists with one view',
      path: '/api/v1/stats/query',
      body: { type: 'application/json', text: JSON.stringify(TWO_QUESTIONS) },
    },
  ],
  handler:
    (services) =>
    async ({ ctx, principal, body }) => {
      const asker = askerOf(services, ctx);
      if (!('queries' in body)) {
        const { tag, body: bytes } = await statsResponse(services, asker, questionOf(body, principal));
        return {
          status: 200,
          headers: { ...STATS_HEADERS, ...asker.times.headers, ETag: weakEtag(tag) },
          body: bytes,
        };
      }
      const questions = questionsOf(body);
      await ctx.state.limitAs?.(questions.length);
      const results = await statsBatch(
        services,
        asker,
        questions.map((question) => () => questionOf(question, principal)),
        (error) => exposedError(error, services.log, requestIdOf(ctx.req)),
      );
      // In one piece it counts among what waits for clients to take it.
      const bytes = await joined([...batchBytes(results)]);
      return { status: 200, headers: { ...STATS_HEADERS, ...asker.times.headers }, body: bytes };
    },
});

/** @throws AppError 400 unless the body has only `queries`, and neither none nor too many */
function questionsOf({ queries, ...others }: Readonly<Record<string, unknown>>): readonly unknown[] {
  const [other] = Object.keys(others);
  if (other !== undefined) {
    throw invalid('queries', 'queries stand alone: other fields belong into each of them.');
  }
  if (!Array.isArray(queries) || queries.length === 0 || queries.length > MAX_QUESTIONS) {
    throw invalid('queries', `queries must be a list of 1 to ${MAX_QUESTIONS} questions.`);
  }
  return queries;
}

/** @throws AppError 400, or 401 where it needs a key */
function questionOf(sent: unknown, principal: Principal | undefined): Question {
  if (!isObject(sent)) throw invalid('queries', 'queries must have JSON objects in it.');
  const raw = jsonParameters(sent, QUESTION_NAMES);
  requireKeyForAll(raw['scope'], principal);
  // No query string has a line feed in it.
  return { text: `\n${JSON.stringify(raw)}`, raw: () => raw, isExplained: parseExplain(raw) };
}

/** The same as `Buffer.concat`, in steps. */
async function joined(pieces: readonly Buffer[]): Promise<Buffer> {
  const yieldIfDue = timeSlices();
  const whole = Buffer.allocUnsafe(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const slice of pieces.flatMap((piece) => [...slicesOf(piece)])) {
    at += slice.copy(whole, at);
    await yieldIfDue();
  }
  return whole;
}

function* batchBytes(results: readonly BatchResult[]): Generator<Buffer> {
  let before = '{"results":[';
  for (const result of results) {
    const { head, body } = partsOf(result);
    yield Buffer.from(`${before}${JSON.stringify(head).slice(0, -1)},"body":`);
    yield body;
    before = '},';
  }
  yield Buffer.from('}]}');
}

function partsOf(result: BatchResult): { readonly head: object; readonly body: Buffer } {
  if ('error' in result) {
    const { error } = result;
    return { head: { status: error.status }, body: Buffer.from(JSON.stringify(errorBody(error))) };
  }
  return { head: { status: 200, view: result.view }, body: result.response.body };
}

export const STATS_QUERY_ROUTES = [postStatsQuery] as const;
