import { z } from 'zod';
import { AppError, notOneOf } from '../../errors.ts';
import { EXPORTED, MAX_ORDER_BYTES } from '../../export-jobs/export-job.ts';
import { requireScope } from '../request/context.ts';
import { jsonParameters } from '../request/json-parameters.ts';
import { ownerFor } from '../request/owner-for.ts';
import { ownerSchema, wholeNumberSchema } from '../request/request-schemas.ts';
import { EXPORT_KINDS, checkOrder } from '../response/export-kinds.ts';
import { keyWith } from '../route/access.ts';
import { jsonObjectBody, noBody } from '../route/body.ts';
import { parameters, parsedBy } from '../route/declared-parameters.ts';
import { empty, json } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { NOT_ONE_OF } from './common-responses.ts';
import { addressOf } from './export-file.ts';
import {
  COMMON,
  EXPORT_SCOPES,
  ID_PARAMETER,
  ONE_JOB,
  SAMPLE_PATH,
  jobOf,
  maySee,
  scopeOf,
} from './export-job-access.ts';
import { JOB_EXAMPLE, jobPageSchema, jobSchema } from './export-job-body.ts';
import { ORDER_NAMES, orderSchema, presentJob } from './export-job-schemas.ts';
import { EXPORT_RATE_LIMIT } from './rate-limits.ts';

const MAX_BODY_BYTES = 1_048_576;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

const oneJob = parameters({ id: ID_PARAMETER });

const ONE = (description: string) =>
  json({ schema: jobSchema, description, examples: { export: { value: JOB_EXAMPLE } } });

const ORDER_EXAMPLE = { format: 'csv', range: 'last_month', group_by: ['time', 'country'] };

const CLICKS_EXAMPLE = { what: 'clicks', format: 'parquet', range: 'last_month' };

const createExport = route({
  ...COMMON,
  method: 'post',
  path: '/api/v1/exports',
  operationId: 'createExport',
  summary: 'Create an export job',
  description: `Makes the file of \`GET /api/v1/export\`, or with \`"what": "clicks"\` of \`GET /api/v1/export/clicks\`, without an open connection. Spoor stores it for some days to be downloaded, or sends it to a bucket that the operator has set up as a destination. The response comes at once; look the export up until its \`status\` is \`done\` or \`failed\`.

Dates and segments are resolved when it is created. It runs once there is a free slot, as one consistent view of the clicks of that range, and starts again after a restart of Spoor or of ClickHouse. The file of a \`done\` export is complete.

It counts against the rate limit of \`GET /api/v1/export\`.`,
  access: keyWith(...EXPORT_SCOPES),
  rateLimit: { ...EXPORT_RATE_LIMIT, sharedWith: 'GET /api/v1/export' },
  parameters: parsedBy([], (ctx) => {
    // No click changes.
    ctx.state.isRead = true;
  }),
  body: jsonObjectBody(orderSchema, {
    description: `The export. Up to 1 MiB as it is sent, and ${MAX_ORDER_BYTES / 1_024} KiB as it is stored, with the filters of its segments.`,
    isRequired: true,
    maxBytes: MAX_BODY_BYTES,
    examples: {
      month: { summary: 'Last month by country', value: ORDER_EXAMPLE },
      clicks: { summary: 'The clicks of last month', value: CLICKS_EXAMPLE },
    },
  }),
  responses: {
    202: ONE('The export is queued.'),
    422: NOT_ONE_OF,
  },
  errors: ['not_found'],
  samples: [
    {
      label: 'Last month by country',
      path: '/api/v1/exports',
      body: { type: 'application/json', text: JSON.stringify(ORDER_EXAMPLE) },
    },
  ],
  handler:
    (services) =>
    async ({ principal, body: { what: kind = 'stats', destination: named, ...others } }) => {
      const what = EXPORTED.find((known) => known === kind);
      if (what === undefined) throw notOneOf('what', EXPORTED);
      requireScope(principal, ...EXPORT_KINDS[what].scopes);
      const destination = parseDestination(named);
      const given = { what, parameters: jsonParameters(others, ORDER_NAMES[what]), destination };
      const { order, ownerId } = await checkOrder(services, given, principal);
      const job = await services.exportJobs.create(order, ownerId);
      return { status: 202, body: presentJob(services, job) };
    },
});

const listExports = route({
  ...COMMON,
  method: 'get',
  path: '/api/v1/exports',
  operationId: 'listExports',
  summary: 'List exports',
  description:
    "The exports of the key's owner that the key may see, with `admin:all` those of every owner, the newest first, page by page. Expired ones are listed for 30 days.",
  access: keyWith(...EXPORT_SCOPES),
  parameters: parameters({
    cursor: {
      in: 'query',
      schema: z
        .string()
        .regex(/^[0-9a-f]{28}$/, 'must be the next_cursor of an earlier response')
        .optional(),
      description: 'The `next_cursor` of the page before.',
    },
    owner_id: {
      in: 'query',
      schema: ownerSchema.optional(),
      description:
        "Whose exports; another owner than the key's takes `admin:all`. Default: all that the key may see.",
      example: 'me',
    },
    limit: {
      in: 'query',
      schema: wholeNumberSchema(MAX_LIMIT).optional(),
      description: `Exports on the page. Default: ${DEFAULT_LIMIT}.`,
    },
  }),
  body: noBody,
  responses: {
    200: json({
      schema: jobPageSchema,
      nested: [jobSchema],
      description: 'A page of exports.',
      examples: { page: { value: { items: [JOB_EXAMPLE], next_cursor: null } } },
    }),
  },
  errors: [],
  share: 'registry',
  samples: [{ label: 'The newest', path: '/api/v1/exports', query: { limit: '10' } }],
  handler:
    (services) =>
    async ({ principal, parameters: { cursor, owner_id: owner, limit = DEFAULT_LIMIT } }) => {
      const found = await services.exportJobs.list({
        ownerId: owner === undefined ? scopeOf(principal) : ownerFor(principal, owner),
        before: cursor,
        limit: limit + 1,
      });
      const page = found.slice(0, limit);
      const items = page.filter((job) => maySee(principal, job)).map((job) => presentJob(services, job));
      const next = found.length > limit ? (page.at(-1)?.id ?? null) : null;
      return { status: 200, body: { items, next_cursor: next } };
    },
});

const getExport = route({
  ...COMMON,
  method: 'get',
  path: ONE_JOB,
  operationId: 'getExportJob',
  summary: 'Look up an export',
  description: 'What has become of an export, and once it is done the address of its file.',
  access: keyWith(...EXPORT_SCOPES),
  parameters: oneJob,
  body: noBody,
  responses: { 200: ONE('The export.') },
  errors: ['not_found'],
  samples: [{ label: 'One export', path: SAMPLE_PATH }],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: { id } }) => {
      const job = await jobOf(services, ctx, id, principal);
      const body = presentJob(services, job);
      if (body.status !== 'done' || body.destination !== null) return { status: 200, body };
      return { status: 200, body: { ...body, file: addressOf(services, job, principal) } };
    },
});

const deleteExport = route({
  ...COMMON,
  method: 'delete',
  path: ONE_JOB,
  operationId: 'deleteExport',
  summary: 'Cancel or delete an export',
  description:
    'Ends it if it is running, and removes its file. A file that was sent to a destination stays there.',
  access: keyWith(...EXPORT_SCOPES),
  parameters: oneJob,
  body: noBody,
  responses: { 204: empty('The export is deleted. No body.') },
  errors: ['not_found', 'conflict'],
  samples: [{ label: 'One export', path: SAMPLE_PATH }],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: { id } }) => {
      ctx.state.isRead = true;
      await services.exportJobs.remove(await jobOf(services, ctx, id, principal));
      return { status: 204 };
    },
});

export const EXPORT_JOB_ROUTES = [createExport, listExports, getExport, deleteExport] as const;

function parseDestination(named: unknown): string | null {
  if (named === undefined || named === null || named === '') return null;
  if (typeof named === 'string') return named;
  throw new AppError('validation_error', 'destination must be the name of one.', { field: 'destination' });
}
