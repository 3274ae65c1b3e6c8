import { z } from 'zod';
import { AppError, invalid } from '../../errors.ts';
import type { ApiKey } from '../../keys/api-key.ts';
import { FOREIGN_SCOPES, RATE_LIMITS, SCOPES, SCOPE_NAMES, isScope } from '../../keys/scopes.ts';
import { namedSchema, requestSchema } from '../openapi/schemas.ts';
import { instantSchema, nameSchema, newOwnerSchema } from '../request/request-schemas.ts';
import { timestampSchema } from '../response/timestamp-schema.ts';
import { administrators } from '../route/access.ts';
import { jsonBody, noBody } from '../route/body.ts';
import { noParameters, parameters } from '../route/declared-parameters.ts';
import { empty, json } from '../route/responses.ts';
import { route } from '../route/route.ts';

const SCOPE_LIST = `must be a list of: ${SCOPE_NAMES.join(', ')}`;

const wantedKey = requestSchema(
  'KeyWanted',
  z.object({
    owner_id: newOwnerSchema,
    name: nameSchema,
    scopes: z
      .array(z.enum([...SCOPE_NAMES, ...FOREIGN_SCOPES], SCOPE_LIST), SCOPE_LIST)
      .refine((scopes) => scopes.some(isScope), `must name at least one of: ${SCOPE_NAMES.join(', ')}`)
      .transform((scopes) => [...new Set(scopes)]),
    expires_at: instantSchema.nullish(),
    rate_limit: z.enum(RATE_LIMITS, `must be one of: ${RATE_LIMITS.join(', ')}`).default('standard'),
  }),
  {
    description: 'The key to create.',
    fields: () => ({
      owner_id: {
        description: 'The owner whose clicks and URLs the key is for.',
        minLength: 1,
        maxLength: 128,
        examples: ['me'],
      },
      name: { description: 'A name for people.', minLength: 1, maxLength: 128, examples: ['website'] },
      scopes: {
        description: `What the key may do, one at least of: ${SCOPE_NAMES.map((name) => `\`${name}\` (${SCOPES[name].allows})`).join(', ')}. Beside it ${codes(FOREIGN_SCOPES)} may stand, which the key does not get.`,
      },
      expires_at: {
        description: 'When the key expires: ISO 8601 or Unix time, in the future; null: never.',
        examples: ['2030-01-01'],
      },
      rate_limit: { description: '`unlimited` is for services of your own.' },
    }),
  },
);

/** The fields of a key in responses. */
export const keyFields = {
  id: z.string().describe('Identifies the key, and is no secret.'),
  owner_id: z.string().describe('The owner whose clicks and URLs the key is for.'),
  name: z.string().describe('A name for people.'),
  scopes: z.array(z.enum(SCOPE_NAMES)).readonly().describe('What the key may do.'),
  expires_at: timestampSchema.nullable().describe('When the key expires; null: never.'),
  created_at: timestampSchema.describe('When the key was created.'),
  rate_limit: z.enum(RATE_LIMITS).describe('`unlimited` is for services of your own.'),
};

const keySchema = namedSchema(
  'ApiKey',
  z.strictObject(keyFields).describe('An API key, without the key itself.'),
);

const { id: keyId, ...otherKeyFields } = keyFields;

const newKeySchema = namedSchema(
  'NewApiKey',
  z
    .strictObject({
      id: keyId,
      key: z.string().describe('The key. It is shown this once: only its SHA-256 is stored.'),
      ...otherKeyFields,
      warnings: z
        .array(z.strictObject({ field: z.string(), warning: z.string() }))
        .exactOptional()
        .describe('What was asked for and the key did not get.'),
    })
    .describe('A key that was just created.'),
);

const keyListSchema = namedSchema(
  'ApiKeyList',
  z
    .strictObject({ items: z.array(keySchema.schema) })
    .describe('All keys that are not revoked, oldest first.'),
);

export const KEY_EXAMPLE = {
  id: '0f0e5f0a-7a0c-4a57-8f5e-0b6a4d3f2c11',
  owner_id: 'me',
  name: 'website',
  scopes: ['stats:read', 'clicks:write'],
  expires_at: null,
  created_at: '2026-01-31T10:00:00.000Z',
  rate_limit: 'standard',
};

const WANTED_EXAMPLE = { owner_id: 'me', name: 'website', scopes: ['stats:read', 'clicks:write'] };

const COMMON = { tag: 'Keys', access: administrators, rateLimit: 'none' } as const;

const listKeys = route({
  ...COMMON,
  method: 'get',
  path: '/api/v1/keys',
  operationId: 'listKeys',
  summary: 'List keys',
  description: 'All keys that are not revoked, oldest first, without the keys themselves.',
  parameters: noParameters,
  body: noBody,
  responses: {
    200: json({
      schema: keyListSchema,
      nested: [keySchema],
      description: 'The keys.',
      examples: { keys: { value: { items: [KEY_EXAMPLE] } } },
    }),
  },
  errors: [],
  share: 'registry',
  samples: [{ label: 'All keys', path: '/api/v1/keys' }],
  handler:
    ({ keys }) =>
    async () => ({ status: 200, body: { items: (await keys.list()).map(presentKey) } }),
});

const createKey = route({
  ...COMMON,
  method: 'post',
  path: '/api/v1/keys',
  operationId: 'createKey',
  summary: 'Create a key',
  description: 'Creates a key for an owner. The key is shown this once: only its SHA-256 is stored.',
  parameters: noParameters,
  body: jsonBody(wantedKey, {
    description: 'The key to create.',
    isRequired: true,
    examples: { key: { value: WANTED_EXAMPLE } },
  }),
  responses: {
    201: json({
      schema: newKeySchema,
      description: 'The key.',
      examples: { key: { value: { ...KEY_EXAMPLE, key: 'spoo_…' } } },
    }),
  },
  errors: [],
  samples: [
    {
      label: 'A key that reads statistics and sends clicks',
      path: '/api/v1/keys',
      body: { type: 'application/json', text: JSON.stringify(WANTED_EXAMPLE) },
    },
  ],
  handler:
    ({ keys, now }) =>
    async ({ body: wanted }) => {
      const expiresAt = wanted.expires_at ?? null;
      if (expiresAt !== null && expiresAt <= now())
        throw invalid('expires_at', 'expires_at lies in the past.');
      const { key, stored } = await keys.create({
        ownerId: wanted.owner_id,
        name: wanted.name,
        scopes: wanted.scopes.filter(isScope),
        rateLimit: wanted.rate_limit,
        expiresAt,
      });
      const { id, ...rest } = presentKey(stored);
      const warnings = wanted.scopes.filter((scope) => !isScope(scope)).map(foreignScope);
      const body = { id, key, ...rest, ...(warnings.length === 0 ? {} : { warnings }) };
      return { status: 201, headers: { 'Cache-Control': 'no-store' }, body };
    },
});

const revokeKey = route({
  ...COMMON,
  method: 'delete',
  path: '/api/v1/keys/{id}',
  operationId: 'revokeKey',
  summary: 'Revoke a key',
  description: 'The key becomes invalid, everywhere within 5 seconds.',
  parameters: parameters({
    id: {
      in: 'path',
      schema: z.string(),
      description: 'The `id` of the key, not the key.',
      example: KEY_EXAMPLE.id,
    },
  }),
  body: noBody,
  responses: { 204: empty('The key is revoked. No body.') },
  errors: ['not_found'],
  samples: [{ label: 'One key', path: `/api/v1/keys/${KEY_EXAMPLE.id}` }],
  handler:
    ({ keys }) =>
    async ({ parameters: { id } }) => {
      if (await keys.revoke(id)) return { status: 204 };
      throw new AppError('not_found', 'There is no key of that id.', { field: 'id' });
    },
});

function foreignScope(scope: string) {
  return { field: 'scopes', warning: `${scope} is for what Spoor does not do: the key does not get it.` };
}

function codes(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function presentKey(key: ApiKey): z.output<typeof keySchema.schema> {
  return {
    id: key.id,
    owner_id: key.ownerId,
    name: key.name,
    scopes: key.scopes,
    expires_at: key.expiresAt === null ? null : new Date(key.expiresAt).toISOString(),
    created_at: new Date(key.createdAt).toISOString(),
    rate_limit: key.rateLimit,
  };
}

export const KEY_ROUTES = [listKeys, createKey, revokeKey] as const;
