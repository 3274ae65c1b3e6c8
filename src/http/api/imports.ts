import { z } from 'zod';
import { MAX_IMPORTS_EACH } from '../../clicks/import/import-history.ts';
import type { ImportEntry } from '../../clicks/import/import-log.ts';
import { emptyReport } from '../../clicks/import/import-report.ts';
import { noImport } from '../../clicks/import/import-registry.ts';
import { AppError } from '../../errors.ts';
import { type Principal, isAdmin } from '../../keys/scopes.ts';
import { importBody } from '../body/import-body.ts';
import { X_ERROR_CODE } from '../openapi/documented-errors.ts';
import { namedSchema } from '../openapi/schemas.ts';
import type { Context } from '../request/context.ts';
import { inRegistryShare } from '../request/registry-share.ts';
import { wholeNumberSchema } from '../request/request-schemas.ts';
import { ownerFor } from '../request/owner-for.ts';
import type { Services } from '../request/services.ts';
import { errorHeaders } from '../response/error-response.ts';
import { keyWith } from '../route/access.ts';
import { noBody, streamedBody } from '../route/body.ts';
import { parameters } from '../route/declared-parameters.ts';
import { json } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { type AskedImport, importParameters } from './import-parameters.ts';
import {
  IMPORT_EXAMPLE,
  importFields,
  importPageSchema,
  importSchema,
  presentImport,
  presentImportId,
  readImportId,
  undoneSchema,
} from './import-schemas.ts';

const COMMON = { tag: 'Imports', access: keyWith('clicks:write'), rateLimit: 'none' } as const;

const ONE_IMPORT = '/api/v1/imports/{id}';
const SAMPLE_PATH = `/api/v1/imports/${IMPORT_EXAMPLE.id}`;

const MAX_LISTED_IMPORTS = MAX_IMPORTS_EACH.toLocaleString('en-US');

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

const oneImport = parameters({
  id: {
    in: 'path',
    schema: z.string(),
    description: 'The `id` of the import.',
    example: IMPORT_EXAMPLE.id,
  },
});

const noClicksSchema = namedSchema(
  'ImportWithoutClicks',
  z
    .strictObject({
      ...importFields,
      error: z.string().describe('Why there are none, as far as the first line tells.'),
      code: z.literal('validation_error'),
      error_code: z.literal('validation_error').describe('The same as `code`.'),
    })
    .describe('An import of a file in which no line is a click.'),
);

const NO_CLICKS =
  'There is no click among the 2 read. The first line is "what is this". It looks like the format csv.';

const LOG_LINE =
  '203.0.113.7 - - [31/Jan/2026:10:00:00 +0000] "GET /launch HTTP/1.1" 302 0 "-" "Mozilla/5.0"\n';

const importFile = route({
  ...COMMON,
  method: 'post',
  path: '/api/v1/imports',
  operationId: 'importFile',
  summary: 'Import a file',
  description: `The body is the file: clicks as NDJSON, JSON or CSV, or the log of a web server, of any size, plain or packed; its content tells which. The response comes when all of it is stored, with what became of its lines.

An import adds what is missing: a click that is stored is not added again, so a file can be sent again after a failure, or when it has grown: an \`Idempotency-Key\` is neither needed nor looked at. Lines without a time are added every time. What was stored before a failure, or before the connection was cut, stays; the import is listed as \`failed\`, and can be undone like any other.

A log that grows is sent in parts (\`part\`), each stored when its response comes: they are one import, which is \`running\` until the last.`,
  parameters: importParameters,
  body: streamedBody(
    'The file, of any size. It is read as fast as it can be stored. Its encoding is `encoding`, else the `charset` of its content type, else UTF-8; a byte order mark goes before all. A client that sends less than 64 KiB in 30 seconds while it is waited for is cut off.',
    {
      schema: { type: 'string', format: 'binary' },
      examples: { log: { summary: 'A line of a log', value: LOG_LINE } },
    },
  ),
  responses: {
    200: json({
      schema: importSchema,
      description: 'The file is imported.',
      examples: { imported: { value: IMPORT_EXAMPLE } },
    }),
    422: json({
      schema: noClicksSchema,
      description: 'The file has lines, and none of them is a click.',
      headers: { 'X-Error-Code': X_ERROR_CODE },
      examples: {
        none: {
          value: {
            ...IMPORT_EXAMPLE,
            ...emptyReport(),
            state: 'failed',
            read: 2,
            rejected: { 'not in the format combined': { count: 2, lines: [1, 2] } },
            error: NO_CLICKS,
            code: 'validation_error',
            error_code: 'validation_error',
          },
        },
      },
    }),
  },
  errors: ['not_found', 'conflict'],
  samples: [
    {
      label: 'A log',
      path: '/api/v1/imports',
      query: { file: 'access.log', except: 'static' },
      body: { type: 'application/octet-stream', text: LOG_LINE },
    },
  ],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: asked, body }) => {
      const ownerId = ownerOf(principal, asked);
      // The writer tells whose clicks it has stored.
      ctx.state.hasNotedChanges = true;
      const entry = await importBody(services, ctx, { ...asked, ownerId }, body);
      const presented = presentImport(entry);
      const { error } = entry;
      if (error === null) return { status: 200, body: presented };
      const code = 'validation_error' as const;
      return {
        status: 422,
        headers: errorHeaders(new AppError(code, error, { status: 422 })),
        body: { ...presented, error, code, error_code: code },
      };
    },
});

const listImports = route({
  ...COMMON,
  method: 'get',
  path: '/api/v1/imports',
  operationId: 'listImports',
  summary: 'List imports',
  description: `The imports of the key's owner, with \`admin:all\` those of every owner, the newest first, page by page. The newest ${MAX_LISTED_IMPORTS} of each owner are kept, and can be undone.`,
  parameters: parameters({
    cursor: {
      in: 'query',
      schema: z
        .string()
        .transform(readImportId)
        .refine((id) => id !== undefined, 'must be the next_cursor of an earlier response')
        .optional(),
      description: 'The `next_cursor` of the page before.',
    },
    limit: {
      in: 'query',
      schema: wholeNumberSchema(MAX_LIMIT).optional(),
      description: `Imports on the page. Default: ${DEFAULT_LIMIT}.`,
    },
  }),
  body: noBody,
  responses: {
    200: json({
      schema: importPageSchema,
      nested: [importSchema],
      description: 'A page of imports.',
      examples: { page: { value: { items: [IMPORT_EXAMPLE], next_cursor: null } } },
    }),
  },
  errors: [],
  share: 'registry',
  samples: [{ label: 'The newest', path: '/api/v1/imports', query: { limit: '10' } }],
  handler:
    ({ imports }) =>
    async ({ principal, parameters: { cursor, limit = DEFAULT_LIMIT } }) => {
      const found = await imports.list({ ownerId: scopeOf(principal), before: cursor, limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = found.length > limit ? items.at(-1) : undefined;
      return {
        status: 200,
        body: {
          items: items.map(presentImport),
          next_cursor: last === undefined ? null : presentImportId(last.id),
        },
      };
    },
});

const getImport = route({
  ...COMMON,
  method: 'get',
  path: ONE_IMPORT,
  operationId: 'getImport',
  summary: 'Look up an import',
  description: 'What became of the lines of its file; of one that is running, so far.',
  parameters: oneImport,
  body: noBody,
  responses: {
    200: json({
      schema: importSchema,
      description: 'The import.',
      examples: { import: { value: IMPORT_EXAMPLE } },
    }),
  },
  errors: ['not_found'],
  samples: [{ label: 'One import', path: SAMPLE_PATH }],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: { id } }) => {
      const entry = await importOf(services, ctx, id, principal);
      return { status: 200, body: presentImport(entry) };
    },
});

const undoImport = route({
  ...COMMON,
  method: 'delete',
  path: ONE_IMPORT,
  operationId: 'undoImport',
  summary: 'Undo an import',
  description: `Removes the clicks that the import added, and deletes the URLs that it registered unless they have other clicks or were changed since. The response comes when no later one contains them.

The clicks are not erased: the same file can be imported again. Clicks that a later import found stored (\`known\`) go, too: import that file again. An import that is running cannot be undone: end it first by ending its request.`,
  parameters: oneImport,
  body: noBody,
  responses: {
    200: json({
      schema: undoneSchema,
      description: 'The import is undone.',
      examples: { undone: { value: { removed_clicks: 2, removed_urls: 1 } } },
    }),
  },
  errors: ['not_found', 'conflict'],
  samples: [{ label: 'One import', path: SAMPLE_PATH }],
  handler:
    (services) =>
    async ({ ctx, principal, parameters: { id } }) => {
      const entry = await importOf(services, ctx, id, principal);
      if (entry.options['any_owner'] === true && !isAdmin(principal)) {
        throw new AppError(
          'forbidden',
          'The import added clicks to URLs of other owners: only a key with admin:all may undo it.',
        );
      }
      const { clicks, urls } = await services.imports.undo(entry);
      return { status: 200, body: { removed_clicks: clicks, removed_urls: urls } };
    },
});

export const IMPORT_ROUTES = [importFile, listImports, getImport, undoImport] as const;

/** Whose imports a key is for; undefined: every owner's. */
function scopeOf(principal: Principal): string | undefined {
  return isAdmin(principal) ? undefined : principal.ownerId;
}

/** @throws AppError 404 if there is none, or it belongs to another owner */
async function importOf(
  services: Services,
  ctx: Context,
  id: string,
  principal: Principal,
): Promise<ImportEntry> {
  const find = () => services.imports.find(readImportId(id) ?? 0n, scopeOf(principal));
  const entry = await inRegistryShare(services, ctx, find);
  if (entry === undefined) throw noImport();
  return entry;
}

/** @throws AppError 403 for what only an administrator may ask for */
function ownerOf(principal: Principal, { owner: named, options }: AskedImport): string {
  const owner = ownerFor(principal, named, 'owner');
  if (options.any_owner === true && !isAdmin(principal)) {
    throw new AppError('forbidden', 'Only a key with admin:all may add clicks to the URLs of other owners.', {
      field: 'any_owner',
    });
  }
  return owner;
}
