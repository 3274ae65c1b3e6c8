import { z } from 'zod';
import { MAX_ROWS_EACH } from '../../clickhouse/tombstones.ts';
import { AppError, invalid } from '../../errors.ts';
import { MAX_SEGMENTS, type Segment } from '../../segments/segment-store.ts';
import { filterForm } from '../../stats/parse/filter-form.ts';
import { parseFilters } from '../../stats/parse/filter-parameters.ts';
import { namedSchema, requestSchema } from '../openapi/schemas.ts';
import { ownerFor } from '../request/owner-for.ts';
import { checkPatterns } from '../request/patterns.ts';
import { ownerSchema } from '../request/request-schemas.ts';
import { STATS_SCOPES } from '../request/tenant.ts';
import { keyWith } from '../route/access.ts';
import { jsonBody, noBody } from '../route/body.ts';
import { parameters } from '../route/declared-parameters.ts';
import { JSON_HEADERS, itemsBytes } from '../response/json-body.ts';
import { empty, encodedJson, json } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { FILTERS } from './filter-descriptions.ts';

const EXAMPLE = {
  name: 'phones',
  filters: { os: ['Android', 'iOS'] },
  changed_at: '2026-01-31T10:00:00.000Z',
} as const;

const segmentSchema = namedSchema(
  'Segment',
  z
    .strictObject({
      name: z.string(),
      filters: z
        .union([z.record(z.string(), z.unknown()), z.array(z.unknown())])
        .describe('The filters in their normal form.'),
      changed_at: z.string().meta({ format: 'date-time' }),
    })
    .describe('Filters of an owner under a name.'),
);

const segmentsSchema = namedSchema(
  'Segments',
  z.strictObject({ items: z.array(segmentSchema.schema) }).describe('The segments of an owner, by name.'),
);

const segmentBody = requestSchema(
  'SegmentFilters',
  z.strictObject({
    filters: z.union(
      [z.record(z.string(), z.unknown()), z.array(z.unknown())],
      'must be an object or a list of filters',
    ),
  }),
  {
    description: 'The filters of a segment.',
    fields: () => ({ filters: { description: 'As the parameter `filters` takes them.', ...FILTERS } }),
  },
);

const OWNER = {
  owner_id: {
    in: 'query',
    schema: ownerSchema.optional(),
    description: "Whose segments; another owner than the key's takes `admin:all`.",
    example: 'me',
  },
} as const;

const owner = parameters(OWNER);

const nameAndOwner = parameters({
  name: {
    in: 'path',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must have 1 to 64 letters, digits, - and _, and nothing else'),
    description: 'The name: letters, digits, `-` and `_`.',
    example: 'phones',
  },
  ...OWNER,
});

const DELETED_A_DAY = MAX_ROWS_EACH.toLocaleString('en-US');

const COMMON = { tag: 'Segments', rateLimit: 'none', share: 'registry', errors: [] } as const;
const READ = keyWith(...STATS_SCOPES);
const WRITE = keyWith('urls:write');
const PATH = '/api/v1/segments/{name}';
const SAMPLE_PATH = '/api/v1/segments/phones';

const ONE = (description: string) =>
  json({ schema: segmentSchema, description, examples: { segment: { value: EXAMPLE } } });

const listSegments = route({
  ...COMMON,
  method: 'get',
  path: '/api/v1/segments',
  operationId: 'listSegments',
  summary: 'List segments',
  description:
    "The segments of the key's owner, or with `admin:all` of the one that `owner_id` names, by name.",
  access: READ,
  parameters: owner,
  body: noBody,
  responses: {
    200: encodedJson({
      schema: segmentsSchema,
      nested: [segmentSchema],
      description: 'The segments.',
      examples: { segments: { value: { items: [EXAMPLE] } } },
    }),
  },
  samples: [{ label: 'All', path: '/api/v1/segments' }],
  handler:
    ({ segments }) =>
    async ({ principal, parameters: { owner_id: named } }) => ({
      status: 200,
      headers: JSON_HEADERS,
      body: await itemsBytes(await segments.all(ownerFor(principal, named)), presentSegment),
    }),
});

const getSegment = route({
  ...COMMON,
  method: 'get',
  path: PATH,
  operationId: 'getSegment',
  summary: 'Look up a segment',
  description: "A segment of the key's owner, or with `admin:all` of the one that `owner_id` names.",
  access: READ,
  parameters: nameAndOwner,
  body: noBody,
  responses: { 200: ONE('The segment.') },
  errors: ['not_found'],
  samples: [{ label: 'One segment', path: SAMPLE_PATH }],
  handler:
    ({ segments }) =>
    async ({ principal, parameters: { name, owner_id: named } }) => {
      const segment = (await segments.find(ownerFor(principal, named), [name])).get(name);
      if (segment === undefined) throw noSuchSegment();
      return { status: 200, body: presentSegment(segment) };
    },
});

const putSegment = route({
  ...COMMON,
  method: 'put',
  path: PATH,
  operationId: 'putSegment',
  summary: 'Create or change a segment',
  description: `Gives filters a name: \`segment=phones\` then stands for them wherever filters go, beside the filters of the request. They belong to the owner of the key, with \`admin:all\` to another that \`owner_id\` names; an owner has at most ${MAX_SEGMENTS}, and may create and delete ${DELETED_A_DAY} a day. A change counts from the next request on.`,
  access: WRITE,
  parameters: nameAndOwner,
  body: jsonBody(segmentBody, {
    description: 'The filters.',
    isRequired: true,
    examples: { phones: { value: { filters: EXAMPLE.filters } } },
  }),
  responses: { 200: ONE('The segment was changed.'), 201: ONE('The segment was created.') },
  samples: [
    {
      label: 'Two systems',
      path: SAMPLE_PATH,
      body: { type: 'application/json', text: JSON.stringify({ filters: EXAMPLE.filters }) },
    },
  ],
  handler:
    (services) =>
    async ({ principal, parameters: { name, owner_id: named }, body }) => {
      const ownerId = ownerFor(principal, named);
      const filters = parseFilters({ filters: JSON.stringify(body.filters) }, 'all');
      if (filters.length === 0) throw invalid('filters', 'filters must have a value.');
      await checkPatterns(services, filters);
      const segment = { name, filters: JSON.stringify(filterForm(filters)), changedAt: services.now() };
      const isNew = await services.segments.put(ownerId, segment);
      return { status: isNew ? 201 : 200, body: presentSegment(segment) };
    },
});

const deleteSegment = route({
  ...COMMON,
  method: 'delete',
  path: PATH,
  operationId: 'deleteSegment',
  summary: 'Delete a segment',
  description: 'Requests that name it are refused from then on.',
  access: WRITE,
  parameters: nameAndOwner,
  body: noBody,
  responses: { 204: empty('The segment is deleted. No body.') },
  errors: ['not_found'],
  samples: [{ label: 'One segment', path: SAMPLE_PATH }],
  handler:
    (services) =>
    async ({ principal, parameters: { name, owner_id: named } }) => {
      const ownerId = ownerFor(principal, named);
      const wasThere = await services.segments.delete(ownerId, name, services.now());
      if (!wasThere) throw noSuchSegment();
      return { status: 204 };
    },
});

export const SEGMENT_ROUTES = [listSegments, getSegment, putSegment, deleteSegment] as const;

function presentSegment({ name: own, filters, changedAt }: Segment) {
  const form: z.output<typeof segmentSchema.schema>['filters'] = JSON.parse(filters);
  return { name: own, filters: form, changed_at: new Date(changedAt).toISOString() };
}

function noSuchSegment(): AppError {
  return new AppError('not_found', 'There is no such segment.', { field: 'name' });
}
