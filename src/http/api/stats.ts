import type { Context } from '../request/context.ts';
import { STATS_SCOPES } from '../request/tenant.ts';
import { matchesTag, weakEtag } from '../response/etag.ts';
import { STATS_HEADERS, askerOf, questionOf, statsResponse } from '../response/stats-response.ts';
import { keyOrPublicUrl } from '../route/access.ts';
import { noBody } from '../route/body.ts';
import { parsedBy } from '../route/declared-parameters.ts';
import { encodedJson } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { IF_NONE_MATCH, NOT_MODIFIED, NOT_ONE_OF, TAGGED_HEADERS } from './common-responses.ts';
import { STATS_RATE_LIMIT } from './rate-limits.ts';
import { STATS_EXAMPLE } from './stats-examples.ts';
import { EXPLAIN, parseExplain } from './explain-parameter.ts';
import { statsParameters } from './stats-parameters.ts';
import { breakdownRow } from './list-schemas.ts';
import { statsSchema } from './stats-schemas.ts';

const getStats = route({
  method: 'get',
  path: '/api/v1/stats',
  operationId: 'getStats',
  tag: 'Statistics',
  summary: 'Get statistics',
  description: `Clicks and exact unique visitors of a time range, in lists by what you group by. Every list agrees with the summary, also while clicks arrive.

Time lists are complete: they have every bucket of the range, with 0 where nothing happened. A day of 23 or 25 hours has so many hourly buckets. Percentages are of the summary's totals.

The response has a weak \`ETag\` over everything but \`generated_at\`; send it as \`If-None-Match\`, and while nothing has changed you get 304.`,
  access: keyOrPublicUrl(...STATS_SCOPES),
  rateLimit: STATS_RATE_LIMIT,
  parameters: parsedBy([...statsParameters(), EXPLAIN, IF_NONE_MATCH], (ctx) =>
    // A query string without it is not parsed where its response is cached.
    ctx.querystring.includes('explain') ? parseExplain(ctx.query) : false,
  ),
  body: noBody,
  responses: {
    200: encodedJson({
      schema: statsSchema,
      nested: [breakdownRow],
      description: 'The statistics.',
      headers: TAGGED_HEADERS,
      examples: {
        compared: { summary: 'Two days by time and browser, compared', value: STATS_EXAMPLE },
      },
    }),
    304: NOT_MODIFIED,
    422: NOT_ONE_OF,
  },
  errors: ['not_found'],
  samples: [
    {
      label: 'The last seven days by day and country',
      path: '/api/v1/stats',
      query: { group_by: 'time,country', timezone: 'America/New_York' },
    },
    {
      label: 'A month, compared with the days before it',
      path: '/api/v1/stats',
      query: { start_date: '2026-01-01', end_date: '2026-01-31', compare: 'previous' },
    },
    {
      label: 'One URL whose statistics are public',
      path: '/api/v1/stats',
      query: { scope: 'anon', short_code: 'launch', group_by: 'browser' },
      withoutKey: true,
    },
  ],
  handler:
    (services) =>
    async ({ ctx, parameters: isExplained }) => {
      const question = { ...questionOf(ctx), isExplained };
      const { tag, body } = await statsResponse(services, askerOf(services, ctx), question);
      return statsReply(ctx, tag, () => body);
    },
});

/** The reply with a body that the tag names, unless the client has it. */
export function statsReply(ctx: Context, tag: string, body: () => Buffer) {
  const headers = { ...STATS_HEADERS, ...ctx.state.times?.headers, ETag: weakEtag(tag) };
  if (matchesTag(ctx.get('if-none-match'), tag)) return { status: 304, headers } as const;
  return { status: 200, headers, body: body() } as const;
}

export const STATS_ROUTES = [getStats] as const;
