import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { CLICK_FORMATS } from '../../export/click-formats.ts';
import { COMPRESSIONS } from '../../export/compressions.ts';
import { EXPORT_FORMATS } from '../../export/formats.ts';
import type { ExportJob } from '../../export-jobs/export-job.ts';
import type { Principal } from '../../keys/scopes.ts';
import { errorResponse } from '../openapi/documented-errors.ts';
import { type Context, requireScope, withoutKey } from '../request/context.ts';
import { inRegistryShare } from '../request/registry-share.ts';
import type { Services } from '../request/services.ts';
import { sendFile } from '../response/file-response.ts';
import { type RouteAccess, keyWith } from '../route/access.ts';
import { noBody } from '../route/body.ts';
import { parameters } from '../route/declared-parameters.ts';
import { RESPONDED, thrown, written } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { NOT_MODIFIED } from './common-responses.ts';
import {
  COMMON,
  EXPORT_SCOPES,
  ID_PARAMETER,
  ONE_JOB,
  SAMPLE_PATH,
  jobOf,
  noExport,
} from './export-job-access.ts';

const CONTENT_TYPES = [EXPORT_FORMATS, CLICK_FORMATS, COMPRESSIONS]
  .flatMap((registry) => Object.values<{ readonly contentType: string }>(registry))
  .map(({ contentType }) => contentType.split(';')[0] ?? contentType);

/** A key that may see exports, or the signed address of a file. */
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
    id: ID_PARAMETER,
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
      description: 'Signature of the address.',
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
          ? await addressedJob(services, ctx, { id, expires, keyId, signature })
          : await jobOf(services, ctx, id, principal);
      const file = await fileOf(services, job);
      await sendFile(services, ctx, file);
      return RESPONDED;
    },
});

export const EXPORT_FILE_ROUTES = [getExportFile] as const;

/** The path and query of an address that needs no key, for the file of a job that is done. */
export function addressOf(
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
  services: Services,
  ctx: Context,
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
  const { fileAddresses, fixedKeys, keys, exportJobs, now } = services;
  const refused = new AppError(
    'authentication_error',
    'The address of the file is wrong or has expired, or the key that it was made with: ask for a new one.',
  );
  const expiresAt = Number(expires);
  const isAsSigned = String(expiresAt) === expires;
  if (!isAsSigned || !fileAddresses.isSigned({ jobId: id, keyId, expiresAt }, signature)) throw refused;
  const isFixed = [...fixedKeys.values()].some((principal) => principal.id === keyId);
  const job = await inRegistryShare(services, ctx, async () => {
    if (!isFixed && (await keys.findById(keyId)) === undefined) throw refused;
    return exportJobs.find(id, undefined);
  });
  if (job === undefined) throw noExport();
  if (expiresAt <= now() && !exportJobs.isExpired(job)) throw refused;
  return job;
}

async function fileOf({ exportJobs }: Services, job: ExportJob) {
  const { id, state, fileName, contentType, order, finishedAt } = job;
  if (exportJobs.isExpired(job)) throw gone();
  if (state !== 'done' || fileName === null || contentType === null) {
    throw new AppError('conflict', `The export has no file: its status is ${state}.`);
  }
  if (order.destination !== null) {
    throw new AppError('conflict', `The file was sent to the destination ${order.destination}.`);
  }
  const file = await exportJobs.openFile(job);
  if (file === undefined) throw gone();
  return { file, name: fileName, contentType, tag: `${id}-${finishedAt}` };
}

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

function gone(): AppError {
  return new AppError('not_found', 'The file of the export is no longer kept.', { status: 410, field: 'id' });
}
