import type { RouteDescription } from './model.ts';
import { ref } from './schemas.ts';

const KEY_EXAMPLE = {
  id: '0f0e5f0a-7a0c-4a57-8f5e-0b6a4d3f2c11',
  owner_id: 'me',
  name: 'website',
  scopes: ['stats:read', 'clicks:write'],
  expires_at: null,
  created_at: '2026-01-31T10:00:00.000Z',
  rate_limit: 'standard',
};

const WANTED = { owner_id: 'me', name: 'website', scopes: ['stats:read', 'clicks:write'] };

/** The routes of API keys. */
export function keyRoutes(): readonly RouteDescription[] {
  const access = { kind: 'key', scopes: ['admin:all'] } as const;
  return [
    {
      method: 'get',
      path: '/api/v1/keys',
      operationId: 'listKeys',
      tag: 'Keys',
      summary: 'List keys',
      description: 'All keys that are not revoked, oldest first, without the keys themselves.',
      access,
      answers: {
        200: {
          description: 'The keys.',
          content: {
            'application/json': {
              schema: ref('ApiKeyList'),
              examples: { keys: { value: { items: [KEY_EXAMPLE] } } },
            },
          },
        },
      },
      errors: ['forbidden'],
      samples: [{ label: 'All keys', path: '/api/v1/keys' }],
    },
    {
      method: 'post',
      path: '/api/v1/keys',
      operationId: 'createKey',
      tag: 'Keys',
      summary: 'Make a key',
      description: 'Makes a key for an owner. The key is shown this once: only its SHA-256 is stored.',
      access,
      requestBody: {
        description: 'The key to make.',
        required: true,
        content: { 'application/json': { schema: ref('KeyWanted'), examples: { key: { value: WANTED } } } },
      },
      answers: {
        201: {
          description: 'The key.',
          content: {
            'application/json': {
              schema: ref('NewApiKey'),
              examples: { key: { value: { ...KEY_EXAMPLE, key: 'spoo_…' } } },
            },
          },
        },
      },
      errors: ['forbidden', 'payload_too_large', 'unsupported_media_type'],
      samples: [
        {
          label: 'A key that reads statistics and sends clicks',
          path: '/api/v1/keys',
          body: { type: 'application/json', text: JSON.stringify(WANTED) },
        },
      ],
    },
    {
      method: 'delete',
      path: '/api/v1/keys/{id}',
      operationId: 'revokeKey',
      tag: 'Keys',
      summary: 'Revoke a key',
      description: 'The key holds no more, everywhere within 5 seconds.',
      access,
      parameters: [
        {
          name: 'id',
          in: 'path',
          required: true,
          description: 'The `id` of the key, not the key.',
          schema: { type: 'string' },
          example: KEY_EXAMPLE.id,
        },
      ],
      answers: { 204: { description: 'It is revoked. No body.' } },
      errors: ['forbidden', 'not_found'],
      samples: [{ label: 'One key', path: `/api/v1/keys/${KEY_EXAMPLE.id}` }],
    },
  ];
}
