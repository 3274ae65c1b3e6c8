import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Route } from '../../src/http/route/route.ts';
import { SCOPE_NAMES, type Scope } from '../../src/keys/scopes.ts';
import { ROUTES, apiDocument } from '../support/outside.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

/** The scopes that the API promises, whatever the routes declare. */
const PROMISED: Readonly<Record<string, readonly Scope[]>> = {
  'get /api/v1/stats': ['stats:read', 'urls:read'],
  'post /mcp': ['stats:read', 'urls:read'],
  'get /api/v1/export': ['stats:read', 'urls:read'],
  'get /api/v1/export/clicks': ['clicks:read'],
  'post /api/v1/exports': ['stats:read', 'urls:read', 'clicks:read'],
  'get /api/v1/exports': ['stats:read', 'urls:read', 'clicks:read'],
  'get /api/v1/exports/{id}': ['stats:read', 'urls:read', 'clicks:read'],
  'delete /api/v1/exports/{id}': ['stats:read', 'urls:read', 'clicks:read'],
  'get /api/v1/exports/{id}/file': ['stats:read', 'urls:read', 'clicks:read'],
  'get /api/v1/stats/links/{id}': ['stats:read', 'urls:read'],
  'get /api/v1/export/links/{id}': ['stats:read', 'urls:read'],
  'get /api/v1/clicks': ['clicks:read'],
  'get /api/v1/clicks/changes': ['clicks:read'],
  'post /api/v1/clicks': ['clicks:write'],
  'delete /api/v1/clicks': [],
  'post /api/v1/imports': ['clicks:write'],
  'get /api/v1/imports': ['clicks:write'],
  'get /api/v1/imports/{id}': ['clicks:write'],
  'delete /api/v1/imports/{id}': ['clicks:write'],
  'get /api/v1/urls': ['urls:read'],
  'get /api/v1/urls/{short_code}': ['urls:read'],
  'get /api/v1/urls/{domain}/{alias}': ['urls:read'],
  'put /api/v1/urls/{short_code}': ['urls:write'],
  'delete /api/v1/urls/{short_code}': ['urls:write'],
  'get /api/v1/segments': ['stats:read', 'urls:read'],
  'get /api/v1/segments/{name}': ['stats:read', 'urls:read'],
  'put /api/v1/segments/{name}': ['urls:write'],
  'delete /api/v1/segments/{name}': ['urls:write'],
  'post /api/v1/schedules': ['stats:read', 'urls:read', 'clicks:read'],
  'get /api/v1/schedules': ['stats:read', 'urls:read', 'clicks:read'],
  'get /api/v1/schedules/{id}': ['stats:read', 'urls:read', 'clicks:read'],
  'put /api/v1/schedules/{id}': ['stats:read', 'urls:read', 'clicks:read'],
  'delete /api/v1/schedules/{id}': ['stats:read', 'urls:read', 'clicks:read'],
  'get /api/v1/schedules/{id}/runs': ['stats:read', 'urls:read', 'clicks:read'],
  'get /api/v1/keys': [],
  'post /api/v1/keys': [],
  'delete /api/v1/keys/{id}': [],
  'get /api/v1/keys/current': SCOPE_NAMES.filter((scope) => scope !== 'admin:all'),
  'get /api/v1/owners': [],
};

const nameOf = ({ method, path }: Route): string => `${method} ${path}`;

const DOCUMENT = apiDocument();

const GUARDED = ROUTES.filter(({ access }) => access.kind !== 'public');

let spoor: TestSpoor;
/** All of one owner, so that no sample is about what another owner has. */
const keys = new Map<Scope, string>();
const keyOf = (scope: Scope): string => keys.get(scope) ?? '';
beforeAll(async () => {
  spoor = await startSpoor();
  for (const scope of SCOPE_NAMES) keys.set(scope, await spoor.createKey('somebody', [scope]));
});
afterAll(() => spoor.stop());

/** What is about the clicks themselves with another body. */
const OF_STATS = ['post /api/v1/exports', 'post /api/v1/schedules', 'put /api/v1/schedules/{id}'];

function sampleFor(route: Route, scope: Scope): Route {
  const { sample } = route;
  if (!OF_STATS.includes(nameOf(route)) || scope !== 'clicks:read' || sample.body === undefined) return route;
  const { group_by: _groupBy, ...body }: Record<string, unknown> = JSON.parse(sample.body.text);
  const text = JSON.stringify({ ...body, what: 'clicks' });
  return { ...route, sample: { ...sample, body: { ...sample.body, text } } };
}

/** The sample request of a route. */
async function sendSample({ method, sample }: Route, key: string | null) {
  const { path, query = {}, headers = {}, body } = sample;
  const type = body === undefined ? {} : { 'content-type': body.type };
  // What goes with the URL that another sample deletes is not imported again.
  const text = path === '/api/v1/imports' ? body?.text.replace('/launch', '/imported') : body?.text;
  return spoor.send(method.toUpperCase(), path, {
    key,
    query,
    headers: { ...headers, ...type },
    ...(text === undefined ? {} : { body: text }),
  });
}

test('the routes declare the scopes that the API promises', () => {
  const declared = new Map(ROUTES.map((route) => [nameOf(route), scopesOf(route)]));
  for (const [name, scopes] of Object.entries(PROMISED)) {
    expect([name, declared.get(name)]).toEqual([name, [...scopes, 'admin:all']]);
  }
});

test('all routes under /control are for administrators', () => {
  for (const route of ROUTES.filter(({ path }) => path.startsWith('/control/'))) {
    expect([route.path, scopesOf(route)]).toEqual([route.path, ['admin:all']]);
  }
});

test('routes without a key give away neither statistics nor what a key is needed for, but of public links', () => {
  const open = ROUTES.filter(({ access }) => access.kind === 'public').map(nameOf);
  const ofData = open.filter((name) => /^(?!get )|\/api\/|\/control\//.test(name));
  // What they show to whom is tested in links.test.ts.
  expect(ofData.filter((name) => !name.includes(' /api/v1/public/'))).toEqual([]);
});

describe.each(GUARDED.map((route) => [nameOf(route), route] as const))('%s', (_, route) => {
  test('is documented with the scopes it takes', () => {
    const documented = DOCUMENT.paths[route.path]?.[route.method]?.security.flatMap(
      (one) => one['ApiKey'] ?? [],
    );
    expect(documented?.toSorted()).toEqual(
      route.description === undefined ? undefined : scopesOf(route).toSorted(),
    );
  });

  test('takes a key', async () => {
    const { status, json } = await sendSample(route, null);
    expect([status, json.code]).toEqual([401, 'authentication_error']);
  });

  test.each(SCOPE_NAMES)('is open to a key of %s only if it says so', async (scope) => {
    const { status, json } = await sendSample(sampleFor(route, scope), keyOf(scope));
    if (scopesOf(route).includes(scope)) expect([200, 201, 202, 204, 404]).toContain(status);
    else expect([status, json.code]).toEqual([403, 'forbidden']);
  });
});

/** Whether its body is JSON, and nothing else may be sent. */
const takesJson = ({ method, path, sample }: Route): boolean =>
  sample.body?.type === 'application/json' && !(method === 'post' && path === '/api/v1/clicks');

test.each(GUARDED.map((route) => [nameOf(route), route] as const))(
  '%s checks the key, then parameters, content type, scope and body',
  async (_, route) => {
    const other = SCOPE_NAMES.find((scope) => !scopesOf(route).includes(scope));
    const without = other && keys.get(other);
    const { path, query = {}, headers = {}, body } = route.sample;
    const codeOf = async (key: string, wrong: readonly ('parameter' | 'type' | 'body')[]) => {
      const type = wrong.includes('type') ? 'text/x-nonsense' : (body?.type ?? '');
      const { status } = await spoor.send(route.method.toUpperCase(), path, {
        key,
        query: { ...query, ...(wrong.includes('parameter') && { nonsense: '1' }) },
        headers: { ...headers, ...(body && { 'content-type': type }) },
        ...(body && { body: wrong.includes('body') ? '{' : body.text }),
      });
      return status;
    };
    expect(await codeOf('spoo_unknown', ['parameter', 'type', 'body'])).toBe(401);
    if (without === undefined) return;
    expect(await codeOf(without, ['parameter', 'type', 'body'])).toBe(400);
    if (!takesJson(route)) return expect(await codeOf(without, [])).toBe(403);
    expect(await codeOf(without, ['type', 'body'])).toBe(415);
    expect(await codeOf(without, ['body'])).toBe(403);
    expect(await codeOf(keyOf('admin:all'), ['body'])).toBe(400);
  },
);

test.each(ROUTES.map((route) => [nameOf(route), route] as const))(
  '%s refuses an unknown parameter, unless it is for monitors or the page',
  async (name, route) => {
    const [ignored, unknown] = [await ask({ _: '1', cb: '2', t: '3' }), await ask({ nonsense: '1' })];
    async function ask(more: Readonly<Record<string, string>>) {
      const { sample } = route;
      const asked = { ...route, sample: { ...sample, query: { ...sample.query, ...more } } };
      return sendSample(asked, keyOf('admin:all'));
    }
    expect([200, 201, 202, 204, 404]).toContain(ignored.status);
    if (/^get (?:\/|\/assets\/.*|\/health|\/ready|\/metrics)$/.test(name)) {
      expect([200, 404]).toContain(unknown.status);
    } else expect([unknown.status, unknown.json.field]).toEqual([400, 'nonsense']);
  },
);

function scopesOf({ access }: Route): readonly Scope[] {
  return access.kind === 'public' ? [] : [...new Set<Scope>([...access.scopes, 'admin:all'])];
}
