import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Route } from '../../src/http/route/route.ts';
import { SCOPE_NAMES } from '../../src/keys/scopes.ts';
import { ROUTES } from '../support/outside.ts';
import { waitUntil } from '../support/process.ts';
import { type TestResponse, type TestSpoor, startSpoor } from '../support/spoor.ts';

/* Whatever route is asked for what another owner has, by its id, name, code, cursor or owner, shows nothing of it and changes nothing. */

const KEY_SCOPES = SCOPE_NAMES.filter((scope) => scope !== 'admin:all');
const RANGE = { start_date: '2026-01-01', end_date: '2026-01-31' };
/** Every text of Ben's that Ann does not know, and so does not send. */
const HIDDEN = /hidden|"owner_id":"ben"/;
const LINK = 'ben.example/link';
const SEGMENT = 'bens';

let spoor: TestSpoor;
let ann: string;
let ben: string;
/** What Ben has, by the path that it stands at. */
let things: Readonly<Record<string, string>>;
let schedule: string;
beforeAll(async () => {
  spoor = await startSpoor();
  [ann, ben] = [await spoor.createKey('ann', KEY_SCOPES), await spoor.createKey('ben', KEY_SCOPES)];
  const sent = async (method: string, path: string, json: unknown): Promise<any> => {
    const reply = await spoor.send(method, path, { key: ben, json });
    if (reply.status >= 300) throw new Error(`${path}: ${reply.text}`);
    return reply.json;
  };
  await sent('PUT', `/api/v1/urls/${encodeURIComponent(LINK)}`, {
    long_url: 'https://hidden.example/',
    tags: ['a tag'],
  });
  const clicks = [1, 2, 3].map((day) => ({
    short_code: LINK,
    clicked_at: `2026-01-0${day}T12:00Z`,
    city: 'hidden',
    browser: 'hidden',
  }));
  await sent('POST', '/api/v1/clicks', clicks);
  await sent('PUT', `/api/v1/segments/${SEGMENT}`, { filters: { city: ['hidden'] } });
  // The list of URLs has two pages.
  await sent('PUT', '/api/v1/urls/ben', {});
  const task = { cron: '0 3 * * *', range: 'yesterday', format: 'csv' };
  schedule = (await sent('POST', '/api/v1/schedules', { ...task, name: 'hidden' })).id;
  const order = { format: 'json', ...RANGE, group_by: ['city'] };
  const jobs = [await sent('POST', '/api/v1/exports', order), await sent('POST', '/api/v1/exports', order)];
  const imports = [];
  for (const day of [4, 5]) {
    const body = `{"short_code":"${LINK}","clicked_at":"2026-01-0${day}T12:00Z","city":"hidden"}\n`;
    const query = { file: 'hidden.ndjson' };
    imports.push((await spoor.send('POST', '/api/v1/imports', { key: ben, query, body })).json);
  }
  const job: string = jobs[0].id;
  await waitUntil(
    'the export',
    async () => (await spoor.send('GET', `/api/v1/exports/${job}`)).json.status === 'done',
  );
  const { items: keys } = (await spoor.send('GET', '/api/v1/keys')).json;
  things = {
    '/api/v1/exports/{id}': `/api/v1/exports/${job}`,
    '/api/v1/exports/{id}/file': `/api/v1/exports/${job}/file`,
    '/api/v1/schedules/{id}': `/api/v1/schedules/${schedule}`,
    '/api/v1/schedules/{id}/runs': `/api/v1/schedules/${schedule}/runs`,
    '/api/v1/imports/{id}': `/api/v1/imports/${imports[0].id}`,
    '/api/v1/stats/links/{id}': `/api/v1/stats/links/${encodeURIComponent(LINK)}`,
    '/api/v1/export/links/{id}': `/api/v1/export/links/${encodeURIComponent(LINK)}`,
    '/api/v1/public/stats/{short_code}': `/api/v1/public/stats/${encodeURIComponent(LINK)}`,
    '/api/v1/public/preview/{short_code}': `/api/v1/public/preview/${encodeURIComponent(LINK)}`,
    '/api/v1/urls/{short_code}': `/api/v1/urls/${encodeURIComponent(LINK)}`,
    '/api/v1/urls/{domain}/{alias}': `/api/v1/urls/${LINK}`,
    '/api/v1/segments/{name}': `/api/v1/segments/${SEGMENT}`,
    '/api/v1/keys/{id}': `/api/v1/keys/${keys.find(({ owner_id: owner }: any) => owner === 'ben').id}`,
  };
});
afterAll(() => spoor.stop());

const nameOf = ({ method, path }: Route): string => `${method} ${path}`;
const named = (routes: readonly Route[]) => routes.map((route) => [nameOf(route), route] as const);
const takes = (name: string) => (route: Route) =>
  (route.description?.parameters ?? []).some(
    (parameter) => parameter.in === 'query' && parameter.name === name,
  );

/** The sample request of a route, at another path, with other parameters, or another JSON body. */
async function ask(
  { method, sample }: Route,
  key: string | null,
  {
    path = sample.path,
    query = {},
    json,
  }: { path?: string; query?: Record<string, string>; json?: unknown } = {},
): Promise<TestResponse> {
  const body = json === undefined ? sample.body?.text : JSON.stringify(json);
  return spoor.send(method.toUpperCase(), path, {
    key,
    query: { ...sample.query, ...query },
    headers: { ...sample.headers, ...(sample.body && { 'content-type': sample.body.type }) },
    ...(body !== undefined && { body }),
  });
}

/** All that Ben sees of what he has. */
async function kept(): Promise<readonly string[]> {
  const paths = ['urls', 'segments', 'schedules', 'imports', 'exports', `schedules/${schedule}/runs`].map(
    (path) => `/api/v1/${path}`,
  );
  const stats = `/api/v1/stats?${new URLSearchParams({ ...RANGE, group_by: 'city,browser,tag' }).toString()}`;
  const seen = [];
  for (const path of [...paths, stats, '/api/v1/keys/current'])
    seen.push((await spoor.send('GET', path, { key: ben })).text);
  return seen.map((text) => text.replace(/"generated_at":"[^"]+"/, ''));
}

/** Asks as Ann, and without a key. What only reads is not looked at for changes. */
async function expectNothing(
  { method }: Pick<Route, 'method'>,
  asked: readonly ((key: string | null) => Promise<TestResponse>)[],
  statuses: readonly number[],
): Promise<void> {
  const before = method === 'get' ? [] : await kept();
  for (const [ask, key] of asked.flatMap((one) => [[one, ann] as const, [one, null] as const])) {
    const { status, text } = await ask(key);
    const allowed = key === null ? [...statuses, 401] : statuses;
    expect([status, text]).toEqual([status, expect.not.stringMatching(HIDDEN)]);
    expect(allowed).toContain(status);
  }
  expect(method === 'get' ? [] : await kept()).toEqual(before);
}

const withParts = ROUTES.filter(({ path }) => path.includes('{') && !path.startsWith('/assets/'));

describe.each(named(withParts))('%s of what another owner has', (name, route) => {
  const of = (): string => things[route.path] ?? `Tell this test what ${route.path} is about.`;

  test('shows nothing, and changes nothing', async () => {
    // A name of hers may be the same.
    const isHers = name === 'put /api/v1/segments/{name}' || name === 'delete /api/v1/segments/{name}';
    await expectNothing(
      route,
      [(key) => ask(route, key, { path: of() })],
      isHers ? [201, 204, 403, 404] : [400, 403, 404],
    );
    if (isHers) await spoor.send('DELETE', of(), { key: ann });
  });

  test('is something: its owner gets it', async () => {
    const isOfOwners = !route.path.startsWith('/api/v1/public/') && !route.path.startsWith('/api/v1/keys/');
    if (route.method !== 'get' || !isOfOwners) return;
    expect(
      (
        await ask(route, ben, {
          path: of(),
          query: {
            ...(takes('start_date')(route) && RANGE),
            ...(takes('format')(route) && { format: 'json' }),
          },
        })
      ).status,
    ).toBe(200);
  });
});

test.each(named(ROUTES.filter((route) => takes('owner_id')(route) || takes('owner')(route))))(
  '%s takes no other owner',
  async (_, route) => {
    const parameter = takes('owner')(route) ? 'owner' : 'owner_id';
    const asked = ['ben', 'ben ', ' ben', '*'].map(
      (owner) => (key: string | null) => ask(route, key, { query: { [parameter]: owner } }),
    );
    // Not every route takes `*` or blanks.
    await expectNothing(route, asked.slice(0, 1), [403]);
    await expectNothing(route, asked.slice(1), [400, 403]);
  },
);

test.each(named(ROUTES.filter(takes('segment'))))(
  '%s knows no segment of another owner',
  async (_, route) => {
    const query = { segment: SEGMENT };
    await expectNothing(route, [(key) => ask(route, key, { query })], [400, 404]);
  },
);

test.each(named(ROUTES.filter(({ sample }) => sample.body?.type === 'application/json')))(
  '%s takes nothing of another owner in its body',
  async (_, route) => {
    const body: object = JSON.parse(route.sample.body?.text ?? '{}');
    const named = [
      { owner_id: 'ben' },
      { owner_id: '*' },
      { scope: 'anon', short_code: LINK },
      { segment: SEGMENT },
    ];
    const bodies = named.flatMap((more) => [{ ...body, ...more }, { queries: [{ ...RANGE, ...more }] }]);
    const asked = bodies.map((json) => (key: string | null) => ask(route, key, { json }));
    await expectNothing(route, asked, [200, 201, 400, 403, 404, 422]);
  },
);

test('what a question names of another owner has no clicks', async () => {
  const route = ROUTES.find((one) => nameOf(one) === 'get /api/v1/stats');
  if (route === undefined) throw new Error('There is such a route.');
  const total = async (key: string, more: Record<string, string>) =>
    (await ask(route, key, { query: { ...RANGE, compare: 'previous', ...more } })).json.summary.total_clicks;
  for (const more of [
    { short_code: LINK },
    { filters: '{"tag":["a tag"]}' },
    { filters: '{"city":["hidden"]}' },
  ]) {
    expect([more, await total(ann, more), await total(ben, more)]).toEqual([more, 0, 5]);
  }
});

describe('cursors', () => {
  const sentWith = (parameter: string, cursor: string) => ({
    [parameter]: cursor,
    ...(parameter === 'after' && { wait: '0' }),
  });
  /** By what they are asked for with. */
  const lists = [
    ['/api/v1/clicks', 'cursor', RANGE],
    ['/api/v1/clicks/changes', 'after', {}],
    ['/api/v1/exports', 'cursor', {}],
    ['/api/v1/imports', 'cursor', {}],
    ['/api/v1/urls', 'cursor', {}],
  ] as const;

  test.each(lists)('of another owner on %s lead to nothing of theirs', async (path, parameter, query) => {
    const { next_cursor: cursor } = (
      await spoor.send('GET', path, { key: ben, query: { ...query, limit: '1' } })
    ).json;
    const sent = typeof cursor === 'string' ? cursor : LINK;
    await expectNothing(
      { method: 'get' },
      [(key) => spoor.send('GET', path, { key, query: sentWith(parameter, sent) })],
      [200, 400],
    );
    const { status } = await spoor.send('GET', path, { key: ben, query: sentWith(parameter, sent) });
    expect(status).toBe(200);
  });

  test.each(lists.slice(0, 2))(
    'of an administrator on %s are for administrators, whoever has keys of that name',
    async (path, parameter, query) => {
      const asked = { ...query, owner_id: '*', limit: '1' };
      const { next_cursor: cursor } = (await spoor.send('GET', path, { query: asked })).json;
      const named = await spoor.createKey('admin', KEY_SCOPES);
      const { status, text } = await spoor.send('GET', path, {
        key: named,
        query: sentWith(parameter, cursor),
      });
      expect([status, text]).toEqual([403, expect.not.stringMatching(HIDDEN)]);
    },
  );
});

test('no tool of an assistant shows what another owner has', async () => {
  const call = async (key: string, name: string, given: object) =>
    spoor.send('POST', '/mcp', {
      key,
      json: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: given } },
    });
  const { result } = (
    await spoor.send('POST', '/mcp', { key: ann, json: { jsonrpc: '2.0', id: 1, method: 'tools/list' } })
  ).json;
  const shown: unknown[] = [];
  let withHidden = 0;
  for (const { name, inputSchema } of result.tools) {
    const properties = Object.keys(inputSchema.properties);
    const ranged = properties.includes('start_date') ? RANGE : {};
    const asked = [
      {},
      { owner_id: 'ben' },
      { owner_id: '*' },
      { short_code: LINK },
      { scope: 'anon', short_code: LINK },
      { segment: SEGMENT },
      { search: 'ben' },
    ];
    for (const more of asked) {
      const grouped = properties.includes('group_by')
        ? { group_by: ['city'] }
        : properties.includes('dimension')
          ? { dimension: 'city' }
          : {};
      const given = { ...ranged, ...grouped, ...more };
      const { text } = await call(ann, name, given);
      if (HIDDEN.test(text)) shown.push([name, more, text]);
      if (HIDDEN.test((await call(ben, name, given)).text)) withHidden++;
    }
  }
  expect(shown).toEqual([]);
  expect(withHidden).toBeGreaterThan(5);
});
