import { storedCodeSchema } from '../../clicks/short-code.ts';
import { sha256 } from '../../lib/sha256.ts';
import { LINK_OVERVIEW } from '../../stats/registry/dimension-names.ts';
import type { Context } from '../request/context.ts';
import type { Services } from '../request/services.ts';
import { findVisibleUrl, tenantOf } from '../request/tenant.ts';
import { STATS_HEADERS, askerOf, questionOf, statsResponse } from '../response/stats-response.ts';
import { everybody } from '../route/access.ts';
import { jsonBody, noBody, unreadBody } from '../route/body.ts';
import { parameters, parametersBeside } from '../route/declared-parameters.ts';
import { encodedJson, json } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { codeParameter } from './code-parameter.ts';
import {
  IF_NONE_MATCH,
  NOT_MODIFIED,
  NOT_ONE_OF,
  RATE_LIMIT_HEADERS,
  STATS_RESPONSE_HEADERS,
  TAGGED_HEADERS,
} from './common-responses.ts';
import {
  PUBLIC_LINK_EXAMPLE,
  PUBLIC_STATS_EXAMPLE,
  linkFactsSchema,
  passwordBody,
  presentLink,
  presentPreview,
  publicPreviewSchema,
  publicStatsSchema,
} from './public-link-schemas.ts';
import { STATS_RATE_LIMIT } from './rate-limits.ts';
import { linkParameters, statsParameters } from './stats-parameters.ts';
import { breakdownRow } from './list-schemas.ts';
import { statsSchema } from './stats-schemas.ts';
import { statsReply } from './stats.ts';

const shortCodeParameter = parameters({
  short_code: codeParameter(storedCodeSchema),
});

const COMMON = {
  tag: 'Statistics',
  access: everybody,
  rateLimit: STATS_RATE_LIMIT,
  errors: ['not_found'],
} as const;

const WHO_SEES =
  "No key is needed where the statistics of the URL are public. A URL with private statistics is 404, as if there were none, but for its owner's key.";

const STATS_PATH = '/api/v1/public/stats/{short_code}';
// A segment needs a key.
const QUESTION = linkParameters(
  statsParameters().filter(({ name }) => name !== 'segment'),
  LINK_OVERVIEW,
);

const publicStats = (headers: typeof TAGGED_HEADERS) =>
  encodedJson({
    schema: publicStatsSchema,
    nested: [linkFactsSchema, statsSchema, breakdownRow],
    description: 'The URL and its statistics.',
    headers,
    examples: { link: { value: PUBLIC_STATS_EXAMPLE } },
  });

const getPublicStats = route({
  ...COMMON,
  method: 'get',
  path: STATS_PATH,
  operationId: 'getPublicStats',
  summary: 'Get public statistics of a URL',
  description: `A URL and its statistics, by ${LINK_OVERVIEW.join(', ')} unless \`group_by\` says which. ${WHO_SEES}`,
  parameters: parametersBeside(shortCodeParameter, [...QUESTION, IF_NONE_MATCH]),
  body: noBody,
  responses: { 200: publicStats(TAGGED_HEADERS), 304: NOT_MODIFIED, 422: NOT_ONE_OF },
  samples: [
    {
      label: 'A URL whose statistics are public',
      path: '/api/v1/public/stats/launch',
      withoutKey: true,
    },
  ],
  handler:
    (services) =>
    async ({ ctx, parameters: { short_code: shortCode } }) => {
      const { tag, body } = await readPublicStats(services, ctx, shortCode);
      return statsReply(ctx, tag, body);
    },
});

const postPublicStats = route({
  ...COMMON,
  method: 'post',
  path: STATS_PATH,
  operationId: 'postPublicStats',
  summary: 'Get public statistics of a URL, with a password',
  description: `The same for clients that send the password of a link in a body. ${WHO_SEES}`,
  parameters: parametersBeside(shortCodeParameter, QUESTION),
  body: unreadBody(
    jsonBody(passwordBody, {
      description: 'A password, or nothing.',
      isRequired: false,
      examples: { password: { value: { password: 'any' } } },
    }),
  ),
  responses: { 200: publicStats(STATS_RESPONSE_HEADERS), 422: NOT_ONE_OF },
  samples: [
    {
      label: 'A URL whose statistics are public',
      path: '/api/v1/public/stats/launch',
      withoutKey: true,
      body: { type: 'application/json', text: '{"password": "any"}' },
    },
  ],
  handler:
    (services) =>
    async ({ ctx, parameters: { short_code: shortCode } }) => {
      ctx.state.isRead = true;
      const { body } = await readPublicStats(services, ctx, shortCode);
      return { status: 200, headers: { ...STATS_HEADERS, ...ctx.state.times?.headers }, body: body() };
    },
});

const getPublicPreview = route({
  ...COMMON,
  method: 'get',
  path: '/api/v1/public/preview/{short_code}',
  operationId: 'getPublicPreview',
  summary: 'Look up where a URL leads',
  description: `Where a URL leads, without following it. ${WHO_SEES}`,
  parameters: shortCodeParameter,
  body: noBody,
  responses: {
    200: json({
      schema: publicPreviewSchema,
      nested: [linkFactsSchema],
      description: 'The URL.',
      headers: RATE_LIMIT_HEADERS,
      examples: {
        link: {
          value: {
            generation: 'v2',
            alias: 'launch',
            short_url: '/launch',
            status: 'active',
            created_at: '2026-01-31T10:00:00.000Z',
            password_protected: false,
            destination: {
              url: 'https://example.com/launch',
              domain: 'example.com',
              path: '/launch',
              is_https: true,
            },
            geo_destinations: null,
            link: PUBLIC_LINK_EXAMPLE,
          },
        },
      },
    }),
  },
  samples: [
    { label: 'A URL whose statistics are public', path: '/api/v1/public/preview/launch', withoutKey: true },
  ],
  handler:
    (services) =>
    async ({ ctx, parameters: { short_code: shortCode } }) => ({
      status: 200,
      headers: { 'Cache-Control': 'private, no-cache' },
      body: presentPreview(await findVisibleUrl(services, shortCode, ctx.state.principal)),
    }),
});

export const PUBLIC_LINK_ROUTES = [getPublicStats, postPublicStats, getPublicPreview] as const;

interface PublicStats {
  readonly tag: string;
  readonly body: () => Buffer;
}

async function readPublicStats(services: Services, ctx: Context, shortCode: string): Promise<PublicStats> {
  const find = () => findVisibleUrl(services, shortCode, ctx.state.principal);
  const { tag, body } = await statsResponse(
    services,
    askerOf(services, ctx),
    questionOf(ctx, {
      shortCode,
      groupBy: LINK_OVERVIEW,
      findTenant: async () => tenantOf(await find()),
    }),
  );
  const head = JSON.stringify({ generation: 'v2', link: presentLink(await find()) });
  return {
    tag: `${tag}.${sha256(head).slice(0, 16)}`,
    body: () => Buffer.concat([Buffer.from(`${head.slice(0, -1)},"stats":`), body, Buffer.from('}')]),
  };
}
