import { DEFAULT_PAGE, PAGE_LIMIT } from '../api/urls.ts';
import type { Answer, Parameter, RouteDescription } from './model.ts';
import { ref } from './schemas.ts';

const URL_EXAMPLE = {
  short_code: 'launch',
  owner_id: 'me',
  created_at: '2026-01-31T10:00:00.000Z',
  private_stats: true,
  long_url: 'https://example.com/launch',
};

const SHORT_CODE: Parameter = {
  name: 'short_code',
  in: 'path',
  required: true,
  description: 'The code, percent-encoded.',
  schema: { type: 'string', minLength: 1, maxLength: 128 },
  example: 'launch',
};

function urlAnswer(description: string): Answer {
  return {
    description,
    content: { 'application/json': { schema: ref('Url'), examples: { url: { value: URL_EXAMPLE } } } },
  };
}

/** The routes of the registry of URLs. */
export function urlRoutes(): readonly RouteDescription[] {
  const one = '/api/v1/urls/{short_code}';
  const sample = '/api/v1/urls/launch';
  return [
    {
      method: 'get',
      path: '/api/v1/urls',
      operationId: 'listUrls',
      tag: 'URLs',
      summary: 'List URLs',
      description:
        "The URLs of the key's owner, those of every owner with `admin:all`, page by page in the order of their codes.",
      access: { kind: 'key', scopes: ['urls:read'] },
      parameters: [
        {
          name: 'cursor',
          in: 'query',
          description: 'The `next_cursor` of the page before.',
          schema: { type: 'string' },
          example: 'bGF1bmNo',
        },
        {
          name: 'limit',
          in: 'query',
          description: 'URLs on the page.',
          schema: { type: 'integer', minimum: 1, maximum: PAGE_LIMIT, default: DEFAULT_PAGE },
        },
      ],
      answers: {
        200: {
          description: 'A page of URLs.',
          content: {
            'application/json': {
              schema: ref('UrlPage'),
              examples: { page: { value: { items: [URL_EXAMPLE], next_cursor: null } } },
            },
          },
        },
      },
      errors: ['forbidden'],
      samples: [{ label: 'The first ten', path: '/api/v1/urls', query: { limit: '10' } }],
    },
    {
      method: 'get',
      path: one,
      operationId: 'getUrl',
      tag: 'URLs',
      summary: 'Look up a URL',
      description: "A URL of the key's owner; of any owner with `admin:all`.",
      access: { kind: 'key', scopes: ['urls:read'] },
      parameters: [SHORT_CODE],
      answers: { 200: urlAnswer('The URL.') },
      errors: ['forbidden', 'not_found'],
      samples: [{ label: 'One URL', path: sample }],
    },
    {
      method: 'put',
      path: one,
      operationId: 'putUrl',
      tag: 'URLs',
      summary: 'Make or change a URL',
      description:
        "Makes the URL if nobody has it, else changes what the body names. A new one is the key owner's, of now, and private unless the body says otherwise.",
      access: { kind: 'key', scopes: ['urls:write'] },
      parameters: [SHORT_CODE],
      requestBody: {
        description: 'What to make or change.',
        required: false,
        content: {
          'application/json': {
            schema: ref('UrlChange'),
            examples: { public: { summary: 'With public statistics', value: { private_stats: false } } },
          },
        },
      },
      answers: { 200: urlAnswer('The URL, changed.'), 201: urlAnswer('The URL, made.') },
      errors: ['forbidden', 'conflict', 'payload_too_large', 'unsupported_media_type'],
      samples: [
        {
          label: 'A URL with public statistics',
          path: sample,
          body: { type: 'application/json', text: '{"private_stats": false}' },
        },
      ],
    },
    {
      method: 'delete',
      path: one,
      operationId: 'deleteUrl',
      tag: 'URLs',
      summary: 'Delete a URL and its clicks',
      description: 'Removes the URL, and its clicks from every answer. Registered anew, it starts with none.',
      access: { kind: 'key', scopes: ['urls:write'] },
      parameters: [SHORT_CODE],
      answers: { 204: { description: 'It is gone. No body.' } },
      errors: ['forbidden', 'not_found'],
      samples: [{ label: 'One URL', path: sample }],
    },
  ];
}
