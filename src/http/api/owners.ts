import { z } from 'zod';
import { characters } from '../../lib/text.ts';
import { type OwnerRow, compileOwners } from '../../stats/sql/compile-owners.ts';
import { namedSchema } from '../openapi/schemas.ts';
import { signalOf } from '../request/context.ts';
import { wholeNumberSchema } from '../request/request-schemas.ts';
import { holderOf } from '../request/share-holder.ts';
import { administrators } from '../route/access.ts';
import { noBody } from '../route/body.ts';
import { parameters } from '../route/declared-parameters.ts';
import { json } from '../route/responses.ts';
import { route } from '../route/route.ts';

/** Owners on a list. */
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** The longest id that an owner can have. */
const MAX_SEARCH = 128;

const owner = namedSchema(
  'Owner',
  z
    .strictObject({
      owner_id: z.string().describe('Identifies the owner.'),
      clicks: z.int().min(0).describe('The clicks that are stored of the owner, of all time.'),
    })
    .describe('An owner, and how many clicks it has.'),
);

const ownerList = namedSchema(
  'OwnerList',
  z
    .strictObject({
      items: z.array(owner.schema),
      total: z.int().min(0).describe('How many owners match, also where `limit` leaves some out.'),
    })
    .describe('Owners, those with the most clicks first, then by their ids.'),
);

/** The owners that match a search. */
export type OwnerList = z.output<typeof ownerList.schema>;

const listOwners = route({
  method: 'get',
  path: '/api/v1/owners',
  operationId: 'listOwners',
  tag: 'Statistics',
  summary: 'List owners',
  description:
    'Everybody who has clicks or a key, with the number of their clicks, the most first. Give an `owner_id` to stats and exports to see the clicks of one.',
  access: administrators,
  rateLimit: 'none',
  parameters: parameters({
    search: {
      in: 'query',
      schema: z
        .string()
        .refine((text) => characters(text) <= MAX_SEARCH, `must be at most ${MAX_SEARCH} characters`)
        .optional(),
      description: 'Only owners whose id contains this, in any case.',
      bounds: { maxLength: MAX_SEARCH },
      example: 'acme',
    },
    limit: {
      in: 'query',
      schema: wholeNumberSchema(MAX_LIMIT).default(DEFAULT_LIMIT),
      description: 'Owners on the list.',
    },
  }),
  body: noBody,
  responses: {
    200: json({
      schema: ownerList,
      nested: [owner],
      description: 'The owners.',
      examples: {
        two: {
          value: {
            items: [
              { owner_id: 'acme', clicks: 4_812_345 },
              { owner_id: 'me', clicks: 3 },
            ],
            total: 2,
          },
        },
      },
    }),
  },
  errors: [],
  samples: [{ label: 'The ten owners with the most clicks', path: '/api/v1/owners', query: { limit: '10' } }],
  handler: (services) => {
    const { database, shares } = services;
    return async ({ ctx, parameters: { search, limit } }) => {
      const holder = holderOf(services, ctx);
      const signal = signalOf(ctx);
      const query = compileOwners({ search, limit, keptSince: services.keptSince(services.now()) });
      const read = () =>
        database.rows<OwnerRow>(query, {
          workload: 'questions',
          signal,
          maxSeconds: database.deadlines.statsMs / 1_000,
        });
      // It reads a column of every click, as a query for all owners does.
      const rows = await shares.expensiveQueries.within(
        holder,
        () => shares.queries.within(holder, read, { signal }),
        { signal },
      );
      return {
        status: 200,
        headers: { 'Cache-Control': 'no-store' },
        body: {
          items: rows.map(([ownerId, clicks]) => ({ owner_id: ownerId, clicks })),
          total: rows[0]?.[2] ?? 0,
        },
      };
    };
  },
});

export const OWNER_ROUTES = [listOwners] as const;
