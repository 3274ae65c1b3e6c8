import { type Server, createServer } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Koa from 'koa';
import { z } from 'zod';
import { createShares } from '../../../src/fair-share/shares.ts';
import { errorResponses } from '../../../src/http/middleware/error-responses.ts';
import { namedSchema, requestSchema } from '../../../src/http/openapi/schemas.ts';
import type { Handler, State } from '../../../src/http/request/context.ts';
import type { Services } from '../../../src/http/request/services.ts';
import { keyWith } from '../../../src/http/route/access.ts';
import { jsonBody, noBody } from '../../../src/http/route/body.ts';
import { noParameters, parameters } from '../../../src/http/route/declared-parameters.ts';
import { empty, json } from '../../../src/http/route/responses.ts';
import { type Route, internalRoute, route } from '../../../src/http/route/route.ts';
import { createRouter, patternOf, rateLimitsOf } from '../../../src/http/route/router.ts';
import type { Principal, Scope } from '../../../src/keys/scopes.ts';

const sum = namedSchema('Sum', z.strictObject({ sum: z.number() }));
const addedSchema = z.object({ number: z.number('must be a number'), place: z.object({}).optional() });
const added = requestSchema('Added', addedSchema, {
  description: 'What to add.',
  fields: () => ({ number: { description: 'A number.' }, place: { description: 'Where.' } }),
});

const PARTS = {
  method: 'post',
  path: '/add/{number}',
  operationId: 'add',
  tag: 'Service',
  summary: 'Add numbers',
  description: 'Adds three numbers.',
  access: keyWith('clicks:write'),
  rateLimit: { key: { minute: 3, day: 4 }, address: { minute: 1, day: 2 } },
  parameters: parameters({
    number: { in: 'path', schema: z.coerce.number(), description: 'One.' },
    other: { in: 'query', schema: z.coerce.number('must be a number'), description: 'Another.' },
  }),
  body: jsonBody(added, { description: 'The third.', isRequired: true, examples: {} }),
  responses: { 200: json({ schema: sum, description: 'The sum.', examples: {} }) },
  errors: [],
  samples: [{ label: 'Add', path: '/add/1', query: { other: '2' } }],
} as const;

const add: Route = route({
  ...PARTS,
  handler:
    () =>
    ({ parameters: { number, other }, body }) => ({
      status: 200,
      body: { sum: number + other + body.number },
    }),
});

/** A key that is its scope. */
const authenticated: Handler = async (ctx, next) => {
  const scope = ctx.get('authorization');
  if (scope !== '') ctx.state.principal = principalWith(scope as Scope);
  await next();
};

function principalWith(scope: Scope): Principal {
  return { id: 'key', ownerId: 'me', scopes: [scope], rateLimit: 'standard' };
}

let server: Server;
let url: string;
beforeAll(async () => {
  const sizes = {
    maxQueries: 4,
    maxExpensiveQueries: 2,
    maxExports: 4,
    spoolBytes: 0,
    exportFileBytes: 0,
    maxConnections: 64,
    trustProxy: 0,
  };
  const services = {
    shares: createShares({ ...sizes, heapBytes: 1_073_741_824 }),
    proxies: 0,
    log: { error: () => {} },
  } as unknown as Services;
  const app = new Koa<State>();
  app.use(errorResponses(services));
  app.use(createRouter([add], services, [authenticated]).routes());
  // Koa's promise never rejects.
  const handle = app.callback();
  server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterAll(() => {
  server.close();
});

/** What can be wrong with a request, in the order in which the API promises to check it. */
const FAULTS = [
  { fault: 'no key', status: 401, code: 'authentication_error' },
  { fault: 'bytes that are not UTF-8 in its parameters', status: 400, field: 'x' },
  { fault: 'an unknown parameter', status: 400, field: 'ohter' },
  { fault: 'a wrong parameter', status: 400, field: 'other' },
  { fault: 'another content type', status: 415, code: 'unsupported_media_type' },
  { fault: 'a key without the scope', status: 403, code: 'forbidden' },
  { fault: 'a wrong body', status: 400, field: 'number' },
] as const;

const SETS = Array.from({ length: 2 ** FAULTS.length }, (_, bits) => [
  FAULTS.filter((_, place) => (bits & (2 ** place)) !== 0),
]);

describe('the checks of a route', () => {
  test.each(SETS)('the first fault decides: %j', async (faults) => {
    const has = (fault: (typeof FAULTS)[number]['fault']) => faults.some((one) => one.fault === fault);
    const query = `other=${has('a wrong parameter') ? 'two' : '2'}`;
    const unknown = has('an unknown parameter') ? '&ohter=2' : '';
    const bytes = has('bytes that are not UTF-8 in its parameters') ? 'x=%ff&' : '';
    const scope = has('a key without the scope') ? 'urls:read' : 'clicks:write';
    const response = await fetch(`${url}/add/1?${bytes}${query}${unknown}`, {
      method: 'POST',
      headers: {
        ...(has('no key') ? {} : { authorization: scope }),
        'content-type': has('another content type') ? 'text/plain' : 'application/json',
      },
      body: has('a wrong body') ? '{"number":"three"}' : '{"number":3}',
    });
    const [first] = faults;
    if (first === undefined) {
      expect([response.status, await response.json()]).toEqual([200, { sum: 6 }]);
    } else {
      const { fault: _, status, ...told } = first;
      expect([response.status, await response.json()]).toEqual([status, expect.objectContaining(told)]);
    }
  });

  const LATIN_ADDEND = '{"number":3,"note":"Köln"}';
  test.each([
    ['iso-8859-1', Buffer.from(LATIN_ADDEND, 'latin1'), 200, 'sum', 6],
    ['utf-16le', Buffer.from(LATIN_ADDEND, 'utf16le'), 200, 'sum', 6],
    ['utf-8', Buffer.from(LATIN_ADDEND, 'latin1'), 400, 'field', 'body'],
    ['utf-16le', Buffer.from(`${LATIN_ADDEND}\n`, 'utf16le').subarray(0, -1), 400, 'field', 'body'],
    ['shift_jis', Buffer.from(LATIN_ADDEND), 415, 'code', 'unsupported_media_type'],
  ])('a JSON body in %s: %j is %d', async (charset, body, status, name, value) => {
    const response = await fetch(`${url}/add/1?other=2`, {
      method: 'POST',
      headers: { authorization: 'clicks:write', 'content-type': `application/json; charset=${charset}` },
      body: new Uint8Array(body),
    });
    expect([response.status, await response.json()]).toEqual([
      status,
      expect.objectContaining({ [name]: value }),
    ]);
  });

  const DEEP = `${'['.repeat(101)}${']'.repeat(101)}`;
  test.each([
    [
      `{"number":3,"place":{"a":${DEEP}}}`,
      'body',
      'The body has lists and objects more than 100 deep in each other.',
    ],
    ['{"number":3,"place":"x"}', 'place', 'place must be an object.'],
    ['{"number":3,"n\\u0075mber":4}', 'number', 'The body has number twice in one object.'],
  ])('%.30s is refused in a sentence', async (body, field, error) => {
    const headers = { authorization: 'clicks:write', 'content-type': 'application/json' };
    const response = await fetch(`${url}/add/1?other=2`, { method: 'POST', headers, body });
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ field, error }),
    ]);
  });

  test('a key with admin:all passes', async () => {
    const headers = { authorization: 'admin:all', 'content-type': 'application/json' };
    const response = await fetch(`${url}/add/1?other=2`, { method: 'POST', headers, body: '{"number":3}' });
    expect(response.status).toBe(200);
  });
});

describe('what derives from a declaration', () => {
  test('its description has the errors of its key and its body beside its own', () => {
    expect(add.description?.errors.toSorted()).toEqual([
      'forbidden',
      'payload_too_large',
      'unsupported_media_type',
    ]);
    expect(add.description?.requestSchemas).toEqual([added]);
    expect(add.description?.responseSchemas).toEqual([sum]);
  });

  test('a parameter that does not take undefined is required', () => {
    const taken = parameters({
      needed: { in: 'query', schema: z.string(), description: '' },
      optional: { in: 'query', schema: z.string().optional(), description: '' },
      withDefault: { in: 'query', schema: z.coerce.number().int().min(1).default(5), description: '' },
    });
    expect(taken.documented.map(({ name, required }) => [name, required ?? false])).toEqual([
      ['needed', true],
      ['optional', false],
      ['withDefault', false],
    ]);
    expect(taken.documented[2]?.schema).toEqual({ type: 'integer', minimum: 1, default: 5 });
  });

  test('its rate limit, of its method alone; an internal route has none', () => {
    const internal = internalRoute({
      method: 'get',
      path: add.path,
      access: keyWith('admin:all'),
      parameters: noParameters,
      body: noBody,
      sample: { path: '/add/1' },
      handler: () => () => ({ status: 204 }),
    });
    expect([...rateLimitsOf([add, internal])]).toEqual([['POST /add/:number', PARTS.rateLimit]]);
    expect(internal.description).toBeUndefined();
    expect(patternOf(internal)).toBe('/add/:number');
  });
});

/** Never run: that these do not compile is what is tested. */
export function doesNotCompile(): void {
  const handler = () => () => ({ status: 200 as const, body: { sum: 1 } });
  const { rateLimit: _limit, ...withoutLimit } = PARTS;
  const { errors: _errors, ...withoutErrors } = PARTS;
  const { samples: _samples, ...withoutSamples } = PARTS;
  const { responses: _responses, ...withoutResponses } = PARTS;
  const { body: _body, ...withoutBody } = PARTS;
  const { parameters: _parameters, ...withoutParameters } = PARTS;
  // @ts-expect-error a route says what its rate limit is, or that it has none
  route({ ...withoutLimit, handler });
  // @ts-expect-error a route says which errors it throws
  route({ ...withoutErrors, handler });
  // @ts-expect-error a route shows a request
  route({ ...withoutSamples, handler });
  // @ts-expect-error a route says what it returns
  route({ ...withoutResponses, handler });
  // @ts-expect-error a route says what body it takes
  route({ ...withoutBody, handler });
  // @ts-expect-error a route says what parameters it takes
  route({ ...withoutParameters, handler });
  // @ts-expect-error a handler returns a status that is declared
  route({ ...PARTS, handler: () => () => ({ status: 201, body: { sum: 1 } }) });
  // @ts-expect-error a handler returns the body that is declared
  route({ ...PARTS, handler: () => () => ({ status: 200, body: { total: 1 } }) });
  // @ts-expect-error a response without a body has none
  route({ ...PARTS, responses: { 200: empty('') }, handler: () => () => ({ status: 200, body: 1 }) });
  // @ts-expect-error every field of a request is described
  requestSchema('Bare', added.schema, { description: '', fields: {} });
}
