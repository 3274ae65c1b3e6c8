import { z } from 'zod';
import { SCOPE_NAMES } from '../../keys/scopes.ts';
import { namedSchema } from '../openapi/schemas.ts';
import { keyWith } from '../route/access.ts';
import { noBody } from '../route/body.ts';
import { noParameters } from '../route/declared-parameters.ts';
import { json } from '../route/responses.ts';
import { route } from '../route/route.ts';
import { KEY_EXAMPLE, keyFields } from './keys.ts';

const { id, owner_id, scopes, rate_limit } = keyFields;

const currentKey = namedSchema(
  'CurrentKey',
  z.strictObject({ id, owner_id, scopes, rate_limit }).describe('The key that sent the request.'),
);

/** The key of a request, as its sender may know it. */
export type CurrentKey = z.output<typeof currentKey.schema>;

const EXAMPLE = {
  id: KEY_EXAMPLE.id,
  owner_id: KEY_EXAMPLE.owner_id,
  scopes: KEY_EXAMPLE.scopes,
  rate_limit: KEY_EXAMPLE.rate_limit,
};

const getCurrentKey = route({
  method: 'get',
  path: '/api/v1/keys/current',
  operationId: 'getCurrentKey',
  tag: 'Keys',
  summary: 'Look up the key of this request',
  description: 'The owner and the scopes of the key that sends the request. Every valid key may ask.',
  access: keyWith(...SCOPE_NAMES),
  rateLimit: 'none',
  parameters: noParameters,
  body: noBody,
  responses: {
    200: json({
      schema: currentKey,
      description: 'The key.',
      examples: { key: { value: EXAMPLE } },
    }),
  },
  errors: [],
  samples: [{ label: 'This key', path: '/api/v1/keys/current' }],
  handler:
    () =>
    ({ principal }) => ({
      status: 200,
      headers: { 'Cache-Control': 'no-store' },
      body: {
        id: principal.id,
        owner_id: principal.ownerId,
        scopes: [...principal.scopes],
        rate_limit: principal.rateLimit,
      },
    }),
});

export const CURRENT_KEY_ROUTES = [getCurrentKey] as const;
