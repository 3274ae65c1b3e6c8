import { z } from 'zod';
import type { ClickCursor } from '../../click-rows/cursor.ts';
import type { ClickPosition } from '../../click-rows/click-position.ts';
import { type ClickRequest, clickListQuery, parseClickRequest } from '../../click-rows/click-query.ts';
import type { Principal } from '../../keys/scopes.ts';
import { MAX_CLOCK_AHEAD_MS } from '../../lib/clock-ahead.ts';
import type { RawParameters } from '../../stats/parse/raw-parameters.ts';
import { DEFAULT_LIMIT, MAX_LIMIT } from '../../stats/parse/values.ts';
import type { Parameter } from '../openapi/model.ts';
import { namedSchema } from '../openapi/schemas.ts';
import { type CursorKind, askedFor, clickContext, sentCursor, signCursor } from '../request/click-cursor.ts';
import { findOldestClick } from '../request/oldest-click.ts';
import { withStoredFilters } from '../request/stored-filters.ts';
import type { Services } from '../request/services.ts';
import { CLICK_SCOPES, findClickTenant } from '../request/tenant.ts';
import { itemsOf, positionSchema, readClickPage } from '../response/click-pages.ts';
import { isOfAllTime } from '../response/compute-stats.ts';
import { jsonBytes } from '../response/json-body.ts';
import { type Asker, STATS_HEADERS, askerOf } from '../response/stats-response.ts';
import { keyForOwnUrl } from '../route/access.ts';
import { noBody } from '../route/body.ts';
import { parsedBy } from '../route/declared-parameters.ts';
import { encodedJson } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { NOT_ONE_OF } from './common-responses.ts';
import { CLICK_EXAMPLE, clickParameters, clickSchema } from './click-parameters.ts';

const pageSchema = namedSchema(
  'ClickPage',
  z
    .strictObject({
      items: z.array(clickSchema.schema).max(MAX_LIMIT),
      next_cursor: z.string().nullable().describe('For the next page; null after the last one.'),
    })
    .describe('Clicks, in order.'),
);

const CURSOR: Parameter = {
  name: 'cursor',
  in: 'query',
  description:
    'The `next_cursor` of the page before. It stands for all other parameters but `limit`; those that are sent with it must be as the first page had them. It belongs to the owner of the key that got it.',
  schema: { type: 'string' },
};

const LIMIT: Parameter = {
  name: 'limit',
  in: 'query',
  description: 'Clicks on the page. A large page takes little longer than a small one.',
  schema: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
};

const PAGES: CursorKind<ClickPosition> = {
  purpose: 'clicks',
  parameter: 'cursor',
  others: [],
  position: positionSchema,
};

const listClicks = route({
  method: 'get',
  path: '/api/v1/clicks',
  operationId: 'listClicks',
  tag: 'Clicks',
  summary: 'List clicks',
  description: `The clicks themselves, page by page, with the filters and the range of statistics. IP addresses and user agents are not stored, so they are not returned.

Every click that was stored at the first page, and still is, is on exactly one page, also while clicks arrive or are erased. A click that arrives late, with a time that the pages have passed, is not shown. The range does not move: it ends at the moment of the first page.`,
  access: keyForOwnUrl(...CLICK_SCOPES),
  rateLimit: 'none',
  parameters: parsedBy([...clickParameters(), LIMIT, CURSOR], () => undefined),
  body: noBody,
  responses: {
    200: encodedJson({
      schema: pageSchema,
      nested: [clickSchema],
      description: 'A page of clicks.',
      examples: { page: { value: { items: [CLICK_EXAMPLE], next_cursor: null } } },
    }),
    422: NOT_ONE_OF,
  },
  errors: ['not_found'],
  samples: [
    {
      label: 'The newest clicks',
      path: '/api/v1/clicks',
      query: { order: 'newest', limit: '10', fields: 'clicked_at,short_code,country' },
    },
    {
      label: "Last month's clicks from Germany, by link",
      path: '/api/v1/clicks',
      query: { range: 'last_month', country: 'DE', order: 'link', limit: '10000' },
    },
  ],
  handler:
    (services) =>
    async ({ ctx, principal }) => {
      const body = await clickPage(services, askerOf(services, ctx), principal, ctx.query);
      return { status: 200, headers: STATS_HEADERS, body: await jsonBytes(body) };
    },
});

/**
 * The page of clicks that these parameters ask for.
 * @throws AppError for parameters, a key or a cursor that is wrong; `unavailable` or `query_timeout`
 */
export async function clickPage(services: Services, asker: Asker, principal: Principal, raw: RawParameters) {
  const { query, asked, after } =
    (await sentCursor(services, raw, principal, PAGES)) ?? (await firstOf(services, raw, principal));
  const withVisitors = query.columns.includes('visitor');
  const tenant = await findClickTenant(services, query.subject, principal, withVisitors);
  const limit = query.limit ?? DEFAULT_LIMIT;
  const page = await readClickPage(services, asker, { query, tenant, after, limit });
  return {
    items: itemsOf(query, page.rows),
    next_cursor:
      page.next === undefined
        ? null
        : signCursor(services, principal, { query, asked, after: page.next }, PAGES),
  };
}

/** What the parameters ask for, from its first page on. */
async function firstOf(
  services: Services,
  raw: RawParameters,
  principal: Principal,
): Promise<ClickCursor<ClickPosition | undefined>> {
  const sent = parseClickRequest(raw, await clickContext(services));
  const asked = await withStoredFilters(services, sent, principal);
  const query = clickListQuery(asked, await oldestOf(services, asked, principal));
  const { order = 'newest', range, endsNow = false } = query;
  const end = endsNow ? range.end + MAX_CLOCK_AHEAD_MS : range.end;
  return {
    query: { ...query, order, range: { ...range, end }, endsNow: false },
    asked: askedFor(raw, PAGES),
    after: undefined,
  };
}

async function oldestOf(
  services: Services,
  asked: ClickRequest,
  principal: Principal,
): Promise<number | undefined> {
  if (!isOfAllTime(asked)) return undefined;
  const tenant = await findClickTenant(services, asked.subject, principal, false);
  return findOldestClick(services, tenant, 'questions', asked);
}

export const CLICK_LIST_ROUTES = [listClicks] as const;
