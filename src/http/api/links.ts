import { storedCodeSchema } from '../../clicks/short-code.ts';
import type { Principal } from '../../keys/scopes.ts';
import type { Services } from '../request/services.ts';
import { STATS_SCOPES, findOwnUrl, tenantOf } from '../request/tenant.ts';
import { sendExport } from '../response/export-response.ts';
import { type PathSubject, askerOf, questionOf, statsResponse } from '../response/stats-response.ts';
import { keyForOwnUrl } from '../route/access.ts';
import { noBody } from '../route/body.ts';
import { parameters, parametersBeside } from '../route/declared-parameters.ts';
import { RESPONDED, encodedJson } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { codeParameter } from './code-parameter.ts';
import { IF_NONE_MATCH, NOT_MODIFIED, NOT_ONE_OF, TAGGED_HEADERS } from './common-responses.ts';
import { EXPORT_RESPONSES } from './export.ts';
import { EXPORT_RATE_LIMIT, STATS_RATE_LIMIT } from './rate-limits.ts';
import { LINK_STATS_EXAMPLE } from './stats-examples.ts';
import { exportParameters, linkParameters, statsParameters } from './stats-parameters.ts';
import { breakdownRow } from './list-schemas.ts';
import { linkStatsSchema } from './stats-schemas.ts';
import { statsReply } from './stats.ts';

/* Statistics of one URL of the key's owner, which the path names. */

const id = parameters({
  id: codeParameter(storedCodeSchema),
});

const COMMON = {
  method: 'get',
  access: keyForOwnUrl(...STATS_SCOPES),
  body: noBody,
  errors: ['not_found'],
} as const;

const getLinkStats = route({
  ...COMMON,
  path: '/api/v1/stats/links/{id}',
  operationId: 'getLinkStats',
  tag: 'Statistics',
  summary: 'Get statistics of one of your URLs',
  description:
    "The statistics of a URL of the key's owner, with `admin:all` of any owner, whether they are private or not. Every other URL is 404, as if there were none.",
  rateLimit: STATS_RATE_LIMIT,
  parameters: parametersBeside(id, [...linkParameters(statsParameters()), IF_NONE_MATCH]),
  responses: {
    200: encodedJson({
      schema: linkStatsSchema,
      nested: [breakdownRow],
      description: 'The statistics, with the names of the URL.',
      headers: TAGGED_HEADERS,
      examples: { link: { value: LINK_STATS_EXAMPLE } },
    }),
    304: NOT_MODIFIED,
    422: NOT_ONE_OF,
  },
  samples: [
    {
      label: 'One URL by country',
      path: '/api/v1/stats/links/launch',
      query: { group_by: 'country' },
    },
  ],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: { id: shortCode } }) => {
      const { tag, body } = await statsResponse(
        services,
        askerOf(services, ctx),
        questionOf(ctx, ownUrl(services, shortCode, principal)),
      );
      return statsReply(ctx, tag, () => withNames(shortCode, body));
    },
});

const getLinkExport = route({
  ...COMMON,
  path: '/api/v1/export/links/{id}',
  operationId: 'getLinkExport',
  tag: 'Exports',
  summary: 'Export statistics of one of your URLs as a file',
  description: "The statistics of a URL of the key's owner as a file, complete. Every other URL is 404.",
  rateLimit: EXPORT_RATE_LIMIT,
  parameters: parametersBeside(id, linkParameters(exportParameters())),
  responses: EXPORT_RESPONSES,
  samples: [
    {
      label: 'One URL as a workbook',
      path: '/api/v1/export/links/launch',
      query: { format: 'xlsx', group_by: 'time,referrer' },
      options: ['--output launch.xlsx'],
    },
  ],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: { id: shortCode } }) => {
      await sendExport(services, ctx, ownUrl(services, shortCode, principal));
      return RESPONDED;
    },
});

export const LINK_ROUTES = [getLinkStats, getLinkExport] as const;

function ownUrl(services: Services, shortCode: string, principal: Principal): PathSubject {
  return {
    shortCode,
    findTenant: async () => tenantOf(await findOwnUrl(services, shortCode, principal, 'id')),
  };
}

/** A stats result with the names of its URL as its first fields. */
function withNames(shortCode: string, result: Buffer): Buffer {
  const names = JSON.stringify({ url_id: shortCode, alias: shortCode });
  return Buffer.concat([Buffer.from(`${names.slice(0, -1)},`), result.subarray(1)]);
}
