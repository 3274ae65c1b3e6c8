import { z } from 'zod';
import { AppError, invalid } from '../../errors.ts';
import type { Segment } from '../../segments/segments.ts';
import { filterForm } from '../../stats/parse/filter-form.ts';
import { parseFilters } from '../../stats/parse/filter-parameters.ts';
import { namedSchema, requestSchema } from '../openapi/schemas.ts';
import { checkPatterns } from '../request/patterns.ts';
import { STATS_SCOPES } from '../request/tenant.ts';
import { keyWith } from '../route/access.ts';
import { jsonBody, noBody } from '../route/body.ts';
import { noParameters, parameters } from '../route/parameters.ts';
import { empty, json } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { FILTERS } from './stats-parameters.ts';

/** The most segments of one owner. */
const MAX_SEGMENTS = 100;

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
    fields: { filters: { description: 'As the parameter `filters` takes them.', ...FILTERS } },
  },
);

const name = parameters({
  name: {
    in: 'path',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must have 1 to 64 letters, digits, - and _, and nothing else'),
    description: 'The name: letters, digits, `-` and `_`.',
    example: 'phones',
  },
});

const COMMON = { tag: 'Segments', rateLimit: 'none', errors: [] } as const;
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
  description: "The segments of the key's owner, by name.",
  access: READ,
  parameters: noParameters,
  body: noBody,
  responses: {
    200: json({
      schema: segmentsSchema,
      nested: [segmentSchema],
      description: 'The segments.',
      examples: { segments: { value: { items: [EXAMPLE] } } },
    }),
  },
  samples: [{ label: 'All', path: '/api/v1/segments' }],
  handler:
    ({ segments }) =>
    async ({ principal }) => ({
      status: 200,
      body: { items: (await segments.all(principal.ownerId)).map(presentSegment) },
    }),
});

const getSegment = route({
  ...COMMON,
  method: 'get',
  path: PATH,
  operationId: 'getSegment',
  summary: 'Look up a segment',
  description: "A segment of the key's owner.",
  access: READ,
  parameters: name,
  body: noBody,
  responses: { 200: ONE('The segment.') },
  errors: ['not_found'],
  samples: [{ label: 'One segment', path: SAMPLE_PATH }],
  handler:
    ({ segments }) =>
    async ({ principal, parameters: { name: wanted } }) => {
      const segment = (await segments.find(principal.ownerId, [wanted])).get(wanted);
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
  description: `Gives filters a name: \`segment=phones\` then stands for them wherever filters go, beside the filters of the request. They are those of the key's owner, at most ${MAX_SEGMENTS}. A change counts from the next request on.`,
  access: WRITE,
  parameters: name,
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
    async ({ principal: { ownerId }, parameters: { name: wanted }, body }) => {
      const filters = parseFilters({ filters: JSON.stringify(body.filters) }, 'all');
      if (filters.length === 0) throw invalid('filters', 'filters must have a value.');
      await checkPatterns(services, filters);
      const names = (await services.segments.all(ownerId)).map((segment) => segment.name);
      if (names.length >= MAX_SEGMENTS && !names.includes(wanted)) {
        throw invalid('name', `An owner has at most ${MAX_SEGMENTS} segments: delete one first.`);
      }
      const segment = {
        name: wanted,
        filters: JSON.stringify(filterForm(filters)),
        changedAt: services.now(),
      };
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
  parameters: name,
  body: noBody,
  responses: { 204: empty('The segment is deleted. No body.') },
  errors: ['not_found'],
  samples: [{ label: 'One segment', path: SAMPLE_PATH }],
  handler:
    ({ segments, now }) =>
    async ({ principal, parameters: { name: wanted } }) => {
      if (!(await segments.delete(principal.ownerId, wanted, now()))) throw noSuchSegment();
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
