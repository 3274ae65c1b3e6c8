import { z } from 'zod';
import { AppError, notOneOf } from '../../errors.ts';
import { EXPORTED, type ExportJob, type Exported } from '../../export-jobs/export-job.ts';
import { EXPORT_FORMATS, EXPORT_FORMAT_NAMES } from '../../export/formats.ts';
import { type Principal, type Scope, hasScope, isAdmin } from '../../keys/scopes.ts';
import { errorResponse } from '../openapi/error-responses.ts';
import { requireScope, withoutKey } from '../request/context.ts';
import { jsonParameters } from '../request/json-parameters.ts';
import { wholeNumberSchema } from '../request/request-schemas.ts';
import type { Services } from '../request/services.ts';
import { EXPORT_KINDS, checkOrder } from '../response/export-kinds.ts';
import { sendFile } from '../response/file-response.ts';
import { type RouteAccess, keyWith } from '../route/access.ts';
import { jsonObjectBody, noBody } from '../route/body.ts';
import { noParameters, parameters } from '../route/parameters.ts';
import { RESPONDED, empty, json, thrown, written } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { NOT_MODIFIED, NOT_ONE_OF } from './common-responses.ts';
import {
  JOB_EXAMPLE,
  ORDER_NAMES,
  jobPageSchema,
  jobSchema,
  orderSchema,
  presentJob,
} from './export-job-schemas.ts';
import { EXPORT_RATE_LIMIT } from './rate-limits.ts';

const COMMON = { tag: 'Exports', rateLimit: 'none' } as const;

/** Scopes of which a key needs one for any export; which one depends on what is exported. */
const EXPORT_SCOPES = [...new Set<Scope>(EXPORTED.flatMap((what) => EXPORT_KINDS[what].scopes))];

const CONTENT_TYPES = EXPORT_FORMAT_NAMES.map((name) => EXPORT_FORMATS[name].contentType);

const ONE_JOB = '/api/v1/exports/{id}';
const SAMPLE_PATH = `/api/v1/exports/${JOB_EXAMPLE.id}`;
const MAX_BODY_BYTES = 1_048_576;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

const idParameter = {
  in: 'path',
  schema: z.string(),
  description: 'The `id` of the export.',
  example: JOB_EXAMPLE.id,
} as const;

const oneJob = parameters({ id: idParameter });

const ONE = (description: string) =>
  json({ schema: jobSchema, description, examples: { export: { value: JOB_EXAMPLE } } });

const ORDER_EXAMPLE = { format: 'csv', range: 'last_month', group_by: ['time', 'country'] };

const createExport = route({
  ...COMMON,
  method: 'post',
  path: '/api/v1/exports',
  operationId: 'createExport',
  summary: 'Create an export that runs by itself',
  description: `Makes the file of \`GET /api/v1/export\` without a connection that waits for it: stored by Spoor for some days, to be downloaded, or sent to a bucket that the operator has set up as a destination. The response comes at once; look the export up until its \`status\` is \`done\` or \`failed\`.

Dates and segments are resolved when it is created. It runs when its turn comes, as one consistent view of the clicks of that range, and begins anew after a restart of Spoor or of ClickHouse. What is \`done\` is a whole file.

It counts against the rate limit of \`GET /api/v1/export\`.`,
  access: keyWith(...EXPORT_SCOPES),
  rateLimit: { ...EXPORT_RATE_LIMIT, sharedWith: 'GET /api/v1/export' },
  parameters: noParameters,
  body: jsonObjectBody(orderSchema, {
    description: 'The export. Up to 1 MiB.',
    isRequired: true,
    maxBytes: MAX_BODY_BYTES,
    examples: { month: { summary: 'Last month by country', value: ORDER_EXAMPLE } },
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
    async ({ ctx, principal, body: { what: kind = 'stats', destination: named, ...others } }) => {
      // No click changes.
      ctx.state.isRead = true;
      const what = EXPORTED.find((known) => known === kind);
      if (what === undefined) throw notOneOf('what', EXPORTED);
      requireScope(principal, ...EXPORT_KINDS[what].scopes);
      const destination = parseDestination(named);
      const given = { what, parameters: jsonParameters(others, ORDER_NAMES), destination };
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
  samples: [{ label: 'The newest', path: '/api/v1/exports', query: { limit: '10' } }],
  handler:
    (services) =>
    async ({ principal, parameters: { cursor, limit = DEFAULT_LIMIT } }) => {
      const found = await services.exportJobs.list({
        ownerId: scopeOf(principal),
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
    async ({ principal, parameters: { id } }) => {
      const job = await jobOf(services, id, principal);
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
      await services.exportJobs.remove(await jobOf(services, id, principal));
      return { status: 204 };
    },
});

/** Whoever has a key that may see exports, or the address of a file. */
const keyOrAddress: RouteAccess<Principal | undefined> = {
  documented: keyWith(...EXPORT_SCOPES).documented,
  requireKey: ({ state: { principal }, query }) => {
    if (principal === undefined && query['signature'] === undefined) throw withoutKey();
    return principal;
  },
  requireScope: (principal) => {
    if (principal !== undefined) requireScope(principal, ...EXPORT_SCOPES);
  },
};

const getExportFile = route({
  ...COMMON,
  method: 'get',
  path: `${ONE_JOB}/file`,
  operationId: 'getExportFile',
  summary: 'Download the file of an export',
  description:
    'The whole file, or with `Range` one part of it, so that a download can be continued. Without a key it takes the three parameters of an address that `GET /api/v1/exports/{id}` has returned as `file`.',
  access: keyOrAddress,
  parameters: parameters({
    id: idParameter,
    expires: {
      in: 'query',
      schema: z
        .string()
        .regex(/^\d{1,15}$/, 'must be as it stands in the address')
        .optional(),
      description: 'When the address expires: a Unix time in milliseconds.',
    },
    key_id: {
      in: 'query',
      schema: z.string().max(128, 'must be as it stands in the address').optional(),
      description: 'The id of the key that the address was made with.',
    },
    signature: {
      in: 'query',
      schema: z.string().max(128, 'must be as it stands in the address').optional(),
      description: 'What tells that Spoor has made the address.',
    },
    Range: {
      in: 'header',
      schema: z.string().optional(),
      description:
        'The bytes to send: `bytes=0-499`, `bytes=500-` or `bytes=-500`. Of several ranges, the whole file is sent.',
      example: 'bytes=0-499',
    },
    'If-Range': {
      in: 'header',
      schema: z.string().optional(),
      description: 'The `ETag` of the file that a part is wanted of; of another one, the whole file is sent.',
    },
    'If-None-Match': {
      in: 'header',
      schema: z.string().optional(),
      description: 'The `ETag` of an earlier response.',
    },
  }),
  body: noBody,
  responses: {
    200: written(fileResponse('The file.')),
    206: written(fileResponse('The part of the file that `Range` asks for; `Content-Range` says which.')),
    304: NOT_MODIFIED,
    410: thrown(errorResponse(['not_found'], 'The file is no longer kept.')),
    416: thrown(errorResponse(['validation_error'], 'The file has no byte of that range.')),
  },
  errors: ['not_found', 'conflict'],
  samples: [
    {
      label: 'The file',
      path: `${SAMPLE_PATH}/file`,
      options: ['--remote-name', '--remote-header-name'],
    },
  ],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: { id, expires, key_id: keyId, signature } }) => {
      const job =
        principal === undefined
          ? await addressedJob(services, { id, expires, keyId, signature })
          : await jobOf(services, id, principal);
      const file = await fileOf(services, job);
      await sendFile(services, ctx, file);
      return RESPONDED;
    },
});

export const EXPORT_JOB_ROUTES = [createExport, listExports, getExport, deleteExport, getExportFile] as const;

function fileResponse(description: string) {
  const text = { schema: { type: 'string' } };
  return {
    description,
    headers: {
      'Content-Disposition': { description: 'The name of the file.', ...text },
      'Content-Length': { description: 'Bytes of the body.', schema: { type: 'integer', minimum: 0 } },
      'Content-Range': { description: 'Which bytes of the file these are. Only of a part.', ...text },
      'Accept-Ranges': { description: '`bytes`.', ...text },
      ETag: { description: 'Identifies the file, whose bytes do not change.', ...text },
    },
    content: Object.fromEntries(CONTENT_TYPES.map((type) => [type, { schema: {} }])),
  };
}

function parseDestination(named: unknown): string | null {
  if (named === undefined || named === null || named === '') return null;
  if (typeof named === 'string') return named;
  throw new AppError('validation_error', 'destination must be the name of one.', { field: 'destination' });
}

/** Whose exports a key is for; undefined: every owner's. */
function scopeOf(principal: Principal): string | undefined {
  return isAdmin(principal) ? undefined : principal.ownerId;
}

function scopesFor(what: Exported): readonly Scope[] {
  return EXPORT_KINDS[what].scopes;
}

function maySee(principal: Principal, { order }: ExportJob): boolean {
  return order.needsAdmin ? isAdmin(principal) : hasScope(principal, scopesFor(order.what));
}

/** @throws AppError 404 where there is none, or it is of another owner than the key's; 403 without the scope of what it exports */
async function jobOf({ exportJobs }: Services, id: string, principal: Principal): Promise<ExportJob> {
  const job = await exportJobs.find(id, scopeOf(principal));
  if (job === undefined) throw noExport();
  if (!maySee(principal, job)) {
    const { needsAdmin, what } = job.order;
    requireScope(principal, ...(needsAdmin ? (['admin:all'] as const) : scopesFor(what)));
  }
  return job;
}

function addressOf(
  { fileAddresses }: Services,
  { id, expiresAt }: ExportJob,
  { id: keyId }: Principal,
): string {
  const signature = fileAddresses.sign({ jobId: id, keyId, expiresAt });
  const query = new URLSearchParams({ expires: String(expiresAt), key_id: keyId, signature });
  return `/api/v1/exports/${id}/file?${query.toString()}`;
}

/** @throws AppError 401 for an address that was not made here, has expired, or whose key has */
async function addressedJob(
  { fileAddresses, fixedKeys, keys, exportJobs, now }: Services,
  {
    id,
    expires = '',
    keyId = '',
    signature = '',
  }: {
    readonly id: string;
    readonly expires: string | undefined;
    readonly keyId: string | undefined;
    readonly signature: string | undefined;
  },
): Promise<ExportJob> {
  const refused = new AppError(
    'authentication_error',
    'The address of the file is wrong or has expired, or the key that it was made with: ask for a new one.',
  );
  const expiresAt = Number(expires);
  if (!fileAddresses.isSigned({ jobId: id, keyId, expiresAt }, signature)) throw refused;
  const isFixed = [...fixedKeys.values()].some((principal) => principal.id === keyId);
  if (!isFixed && (await keys.findById(keyId)) === undefined) throw refused;
  const job = await exportJobs.find(id, undefined);
  if (job === undefined) throw noExport();
  if (expiresAt <= now() && !exportJobs.isExpired(job)) throw refused;
  return job;
}

async function fileOf({ exportJobs }: Services, job: ExportJob) {
  const { id, state, fileName, contentType, order } = job;
  if (exportJobs.isExpired(job)) throw gone();
  if (state !== 'done' || fileName === null || contentType === null) {
    throw new AppError('conflict', `The export has no file: its status is ${state}.`);
  }
  if (order.destination !== null) {
    throw new AppError('conflict', `The file was sent to the destination ${order.destination}.`);
  }
  const file = await exportJobs.openFile(job);
  if (file === undefined) throw gone();
  return { file, name: fileName, contentType, tag: id };
}

function noExport(): AppError {
  return new AppError('not_found', 'There is no such export.', { field: 'id' });
}

function gone(): AppError {
  return new AppError('not_found', 'The file of the export is no longer kept.', { status: 410, field: 'id' });
}
