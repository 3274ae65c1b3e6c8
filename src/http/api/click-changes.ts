import { z } from 'zod';
import type { ClickCursor } from '../../click-rows/cursor.ts';
import { clickListQuery, parseClickRequest } from '../../click-rows/click-query.ts';
import { invalid } from '../../errors.ts';
import type { Principal } from '../../keys/scopes.ts';
import { type RawParameters, valueOf } from '../../stats/parse/raw-parameters.ts';
import { DEFAULT_LIMIT, MAX_LIMIT } from '../../stats/parse/values.ts';
import type { Parameter } from '../openapi/model.ts';
import { namedSchema } from '../openapi/schemas.ts';
import { type CursorKind, askedFor, clickContext, sentCursor, signCursor } from '../request/click-cursor.ts';
import type { Context } from '../request/context.ts';
import { withStoredFilters } from '../request/stored-filters.ts';
import type { Services } from '../request/services.ts';
import { CLICK_SCOPES, findClickTenant } from '../request/tenant.ts';
import {
  type ChangesPosition,
  changesFromNow,
  changesPositionSchema,
  readChanges,
} from '../response/read-changes.ts';
import { itemsOf } from '../response/click-pages.ts';
import { jsonBytes } from '../response/json-body.ts';
import { STATS_HEADERS, askerOf } from '../response/stats-response.ts';
import { keyForOwnUrl } from '../route/access.ts';
import { noBody } from '../route/body.ts';
import { parsedBy } from '../route/declared-parameters.ts';
import { encodedJson } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { NOT_ONE_OF } from './common-responses.ts';
import { CLICK_EXAMPLE, clickParameters, clickSchema } from './click-parameters.ts';

const changesSchema = namedSchema(
  'ClickChanges',
  z
    .strictObject({
      items: z.array(clickSchema.schema).max(MAX_LIMIT),
      next_cursor: z.string().describe('For the clicks that arrive after these.'),
    })
    .describe('Clicks, in the order in which they arrived.'),
);

const MAX_WAIT_SECONDS = 60;
const DEFAULT_WAIT_SECONDS = 30;

/** What does not go with clicks of any time, in the order in which they arrive. */
const OF_LISTINGS = ['start_date', 'end_date', 'range', 'order'];

const OWN_PARAMETERS: readonly Parameter[] = [
  {
    name: 'after',
    in: 'query',
    description:
      'The `next_cursor` of the response before. It stands for all other parameters but `limit` and `wait`; those that are sent with it must be as the first request had them. Without it, the response has no clicks, and a cursor for those that arrive from now on.',
    schema: { type: 'string' },
  },
  {
    name: 'wait',
    in: 'query',
    description: 'How many seconds to wait for a click where none has arrived.',
    schema: { type: 'integer', minimum: 0, maximum: MAX_WAIT_SECONDS, default: DEFAULT_WAIT_SECONDS },
  },
  {
    name: 'limit',
    in: 'query',
    description: 'The most clicks of one response.',
    schema: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
  },
];

const CHANGES: CursorKind<ChangesPosition> = {
  purpose: 'click changes',
  parameter: 'after',
  others: ['wait'],
  position: changesPositionSchema,
};

const listClickChanges = route({
  method: 'get',
  path: '/api/v1/clicks/changes',
  operationId: 'listClickChanges',
  tag: 'Clicks',
  summary: 'Follow clicks as they arrive',
  description: `The clicks that have arrived since the response before, whatever their time, in the order in which they did: each exactly once, whichever instance took it. Without any the response waits for one, up to \`wait\` seconds, and then has an empty list. Ask again with its \`next_cursor\`.

Clicks that are erased before they are read are not among them. An insert that takes long holds back those that arrive after it began.`,
  access: keyForOwnUrl(...CLICK_SCOPES),
  rateLimit: 'none',
  parameters: parsedBy(
    [...clickParameters().filter(({ name }) => !OF_LISTINGS.includes(name)), ...OWN_PARAMETERS],
    ({ query }) => parseWait(query),
  ),
  body: noBody,
  responses: {
    200: encodedJson({
      schema: changesSchema,
      nested: [clickSchema],
      description: 'The clicks that have arrived.',
      examples: { changes: { value: { items: [CLICK_EXAMPLE], next_cursor: 'sQ3oXw' } } },
    }),
    422: NOT_ONE_OF,
  },
  errors: ['not_found'],
  samples: [
    {
      label: 'Where to begin',
      path: '/api/v1/clicks/changes',
      query: { fields: 'clicked_at,short_code,country' },
    },
  ],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: waitMs }) => {
      const asker = askerOf(services, ctx);
      const sent = await sentCursor(services, ctx.query, principal, CHANGES);
      const { asked, after, ...cursor } = sent ?? (await beginning(services, ctx, principal));
      const query = { ...cursor.query, order: 'arrival' } as const;
      const withVisitors = query.columns.includes('visitor');
      const tenant = await findClickTenant(services, query.subject, principal, withVisitors);
      const limit = query.limit ?? DEFAULT_LIMIT;
      const changes =
        after === undefined
          ? { rows: [], next: await changesFromNow(services) }
          : await readChanges(services, asker, { query, tenant, position: after, limit, waitMs });
      const body = {
        items: itemsOf(query, changes.rows),
        next_cursor: signCursor(services, principal, { query, asked, after: changes.next }, CHANGES),
      };
      return { status: 200, headers: STATS_HEADERS, body: await jsonBytes(body) };
    },
});

/** Milliseconds. @throws AppError 400 */
function parseWait(raw: RawParameters): number {
  const text = valueOf(raw, 'wait') ?? String(DEFAULT_WAIT_SECONDS);
  if (!/^\d{1,2}$/.test(text) || Number(text) > MAX_WAIT_SECONDS) {
    throw invalid('wait', `wait must be a whole number of seconds from 0 to ${MAX_WAIT_SECONDS}.`);
  }
  return Number(text) * 1_000;
}

async function beginning(
  services: Services,
  ctx: Context,
  principal: Principal,
): Promise<ClickCursor<ChangesPosition | undefined>> {
  const sent = parseClickRequest(ctx.query, await clickContext(services));
  const query = clickListQuery(await withStoredFilters(services, sent, principal));
  return {
    query: { ...query, order: 'arrival', endsNow: false },
    asked: askedFor(ctx.query, CHANGES),
    after: undefined,
  };
}

export const CLICK_CHANGES_ROUTES = [listClickChanges] as const;
