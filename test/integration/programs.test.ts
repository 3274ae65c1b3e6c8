import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DroppedClicks, Spoor } from '../../src/client/spoor.ts';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import { sql } from '../../src/sql/sql.ts';
import { SEED, seededRandom } from '../support/random.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';
import { type Answer, ToldServer, cut, json } from '../support/told-server.ts';

const CLICKS = 1_000;
/** Of a request, and of a page of clicks: neither divides them. */
const BATCH = 70;

const SCOPES = ['stats:read', 'clicks:read', 'clicks:write', 'urls:read', 'urls:write'];

let service: TestSpoor;
/** Stands before the service, and lets requests and responses be lost. */
let proxy: ToldServer;
beforeAll(async () => {
  service = await startSpoor();
  proxy = await ToldServer.start(careless(seededRandom(SEED)));
});
afterAll(async () => {
  await proxy.stop();
  await service.stop();
});

function careless(random: (below: number) => number): Answer {
  const refuse = json(503, { error: 'Busy.', code: 'unavailable' }, { 'retry-after': '0' });
  const forward: Answer = async (response, { method, path, headers, body }) => {
    const { authorization = '', 'content-type': type = '', 'idempotency-key': name } = headers;
    const answer = await fetch(service.url + path, {
      method,
      headers: { authorization, 'content-type': type, 'idempotency-key': String(name) },
      body,
    });
    await json(answer.status, await answer.json())(response, { method, path, headers, body });
  };
  const loseResponse: Answer = async (response, request) => {
    await forward(response, request);
    response.destroy();
  };
  const fates = [refuse, cut, loseResponse, forward];
  return (response, request) => (fates[random(fates.length)] ?? cut)(response, request);
}

describe('the TypeScript client', () => {
  let key: string;
  let client: Spoor;
  beforeAll(async () => {
    key = await service.createKey('reader', SCOPES);
    client = new Spoor({ url: service.url, key });
    const ndjson = Array.from({ length: CLICKS }, (_, id) => ({
      short_code: 'read',
      click_id: `c-${id}`,
      clicked_at: '2026-01-05T12:00:00Z',
    }));
    await service.send('POST', '/api/v1/clicks', { key, ndjson });
  });
  afterAll(() => client.close());

  test(`no click is lost or counted twice while requests and responses are lost at random (SPOOR_TEST_SEED=${SEED})`, async () => {
    const dropped: DroppedClicks[] = [];
    const errors: string[] = [];
    const spoor = new Spoor({
      url: proxy.url,
      key: await service.createKey('sender', SCOPES),
      batchClicks: BATCH,
      parallelRequests: 4,
      onDrop: (one) => dropped.push(one),
      onError: ({ code }) => errors.push(code),
    });
    for (let id = 0; id < CLICKS; id++) {
      // Equal clicks but for their id, which the service does not tell clicks apart by.
      spoor.track({ short_code: 'sent', click_id: `c-${id}` });
    }
    // As long as that takes: closing gives up after a while what is refused again and again.
    await spoor.flush();
    await spoor.close();
    expect(dropped).toEqual([]);
    expect(new Set(errors)).toEqual(new Set(['unavailable', 'network_error']));
    const [counts] = await service.database.rows(
      sql`SELECT toUInt32(count()), toUInt32(uniqExact(click_id)) FROM clicks WHERE owner_id = 'sender'`,
    );
    expect(counts).toEqual([CLICKS, CLICKS]);
  });

  test('statistics are those of the service', async () => {
    const query = {
      group_by: ['short_code', 'browser'],
      'short_code.is_not': ['a,b'],
      metrics: ['clicks'],
    } as const;
    const [{ generated_at: _, ...got }, { json: expected }] = await Promise.all([
      client.stats({ ...query, start_date: new Date(0), end_date: '2026-01-31' }),
      service.send('GET', '/api/v1/stats', {
        key,
        query: {
          group_by: 'short_code,browser',
          'short_code.is_not': 'a\\,b',
          metrics: 'clicks',
          start_date: '1970-01-01T00:00:00.000Z',
          end_date: '2026-01-31',
        },
      }),
    ]);
    expect(got).toEqual({ ...expected, generated_at: undefined });
    expect(got.summary.total_clicks).toBe(CLICKS);
  });

  test('every click comes once, page by page', async () => {
    const ids = new Set<string | undefined>();
    let count = 0;
    const pages = client.clicks({
      short_code: ['read'],
      start_date: '2026-01-05',
      order: 'oldest',
      fields: ['click_id', 'country'],
      limit: BATCH * 5,
    });
    for await (const { click_id: id, country, ...others } of pages) {
      expect([country, others]).toEqual(['XX', {}]);
      ids.add(id);
      count++;
    }
    expect([count, ids.size]).toEqual([CLICKS, CLICKS]);
  });

  test('clicks are there as they arrive', async () => {
    const follower = new Spoor({
      url: service.url,
      key: await service.createKey('follower', ['clicks:read', 'clicks:write']),
    });
    const changes = follower.changes({ fields: ['click_id'] });
    const begun = await changes.next();
    expect(begun.value?.items).toEqual([]);
    follower.track({ short_code: 'followed', click_id: 'late', clicked_at: '2026-01-05T12:00:00Z' });
    await follower.close();
    const ids: (string | undefined)[] = [];
    for await (const { items } of changes) {
      ids.push(...items.map(({ click_id: id }) => id));
      if (ids.length > 0) break;
    }
    expect(ids).toEqual(['late']);
  });

  test('an export is the file of the service, as a stream', async () => {
    const stream = await client.export({
      format: 'json',
      group_by: ['short_code'],
      filters: { browser: ['Unknown'] },
    });
    const { summary, filters } = JSON.parse(await text(stream));
    expect([summary.total_clicks, filters]).toEqual([CLICKS, { browser: ['Unknown'] }]);
  });

  test('a request that the service refuses fails with its sentence, its code and the field', async () => {
    const stranger = new Spoor({ url: service.url });
    const wrong = { timezone: 'Europe/Atlantis' };
    for (const [asked, error] of [
      [() => client.stats(wrong), { status: 400, code: 'validation_error', field: 'timezone' }],
      [
        () => client.export({ ...wrong, format: 'csv' }),
        { status: 400, code: 'validation_error', field: 'timezone' },
      ],
      [() => stranger.stats(), { status: 401, code: 'authentication_error', field: undefined }],
    ] as const) {
      await expect(asked()).rejects.toMatchObject({
        name: 'SpoorError',
        message: expect.stringMatching(/\.$/),
        ...error,
      });
    }
  });

  const examples = [...readFileSync('docs/client.md', 'utf8').matchAll(/^```js\n(.*?)^```$/gms)];

  test.each(examples.map(([, code = ''], place) => [place + 1, code] as const))(
    'example %i of docs/client.md runs',
    async (_, code) => {
      const folder = mkdtempSync(join(tmpdir(), 'spoor-client-'));
      let file: string | undefined;
      const own = code.replace(/'(clicks\.\w+)'/, (_, name) => JSON.stringify((file = join(folder, name))));
      const examplesKey = await service.createKey('examples', SCOPES);
      const env = { PATH: process.env['PATH'] ?? '', SPOOR_URL: service.url, SPOOR_API_KEY: examplesKey };
      const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', own], {
        cwd: PACKAGE_ROOT,
        env,
      });
      expect((await run).stderr).toBe('');
      if (file !== undefined) expect(readFileSync(file).subarray(0, 2).toString()).toMatch(/^(PK|PA)$/);
      rmSync(folder, { recursive: true });
    },
  );

  test('docs/client.md has examples', () => {
    expect(examples).toHaveLength(6);
  });
});

describe('the Model Context Protocol', () => {
  let key: string;
  const send = (
    message: unknown,
    {
      asker = key,
      headers = {},
    }: { readonly asker?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ) => service.send('POST', '/mcp', { key: asker, json: message, headers });

  /** What a tool returns: parsed JSON, or the sentence of an error. */
  async function call(name: string, given: object, asker = key) {
    const params = { name, arguments: given };
    const { status, json } = await send({ jsonrpc: '2.0', id: 7, method: 'tools/call', params }, { asker });
    expect([status, json.id, json.error]).toEqual([200, 7, undefined]);
    const [{ text }] = json.result.content;
    return json.result.isError === true ? { error: text } : JSON.parse(text);
  }

  beforeAll(async () => {
    key = await service.createKey('assisted', SCOPES);
    await service.send('PUT', '/api/v1/urls/autumn', { key, json: {} });
    await service.send('PUT', '/api/v1/urls/spring', {
      key,
      json: { tags: ['sale'], long_url: 'https://example.com/Spring' },
    });
    const other = await service.createKey('somebody else');
    const click = { clicked_at: '2026-01-05T12:00:00Z' };
    await service.send('POST', '/api/v1/clicks', {
      key: other,
      ndjson: [{ ...click, short_code: 'secret', city: 'Elsewhere' }],
    });
    const cities = [
      'Oslo',
      'Oslo',
      'Bonn',
      'Basel',
      ...Array.from({ length: 40 }, (_, place) => `Town ${place}`),
    ];
    await service.send('POST', '/api/v1/clicks', {
      key,
      ndjson: cities.map((city) => ({
        ...click,
        short_code: 'spring',
        city,
        properties: { plan: city.slice(0, 1) },
      })),
    });
  });

  const RANGE = { start_date: '2026-01-05', end_date: '2026-01-05' };

  test('revisions of 2025 begin with a handshake, and nothing is kept of it', async () => {
    const clientInfo = { name: 'test', version: '1' };
    const begun = await send({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo },
    });
    expect([begun.status, begun.json.result]).toEqual([
      200,
      expect.objectContaining({
        protocolVersion: '2025-06-18',
        capabilities: { tools: {} },
        instructions: expect.stringContaining('query_stats'),
      }),
    ]);
    expect(begun.headers.get('mcp-session-id')).toBe(null);
    const noted = await send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    expect([noted.status, noted.text]).toEqual([202, '']);
    const headers = { 'mcp-protocol-version': '2025-06-18' };
    const listed = await send({ jsonrpc: '2.0', id: 'two', method: 'tools/list' }, { headers });
    expect([listed.status, listed.json.id, toolsIn(listed.json)]).toEqual([200, 'two', TOOLS]);
  });

  test('that of 2026 says with each message what it is of', async () => {
    const revision = '2026-07-28';
    const meta = {
      'io.modelcontextprotocol/protocolVersion': revision,
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const ask = (method: string, params: object, more: Readonly<Record<string, string>> = {}) =>
      send(
        { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } },
        { headers: { 'mcp-protocol-version': revision, 'mcp-method': method, ...more } },
      );
    expect((await ask('server/discover', {})).json.result).toMatchObject({ supportedVersions: [revision] });
    expect(toolsIn((await ask('tools/list', {})).json)).toEqual(TOOLS);
    const given = { name: 'query_stats', arguments: RANGE };
    const answer = await ask('tools/call', given, { 'mcp-name': 'query_stats' });
    expect(JSON.parse(answer.json.result.content[0].text).summary.total_clicks).toBe(44);
    const disagreeing = await ask('tools/call', given, { 'mcp-name': 'list_links' });
    expect([disagreeing.status, disagreeing.json.error.code]).toEqual([400, -32_020]);
    // Nothing that can be subscribed to changes, and a stream would be held open.
    expect((await ask('subscriptions/listen', { filter: {} })).json.error.message).toMatch(/limit/);
  });

  const TOOLS = ['query_stats', 'list_groups', 'list_links', 'list_clicks'];
  const toolsIn = (json: any) => json.result.tools.map(({ name }: { name: string }) => name);

  test('the tools say what they take, and that they change nothing', async () => {
    const { json } = await send({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    for (const { description, inputSchema, annotations } of json.result.tools) {
      expect([description.length > 30, inputSchema.type, annotations.readOnlyHint]).toEqual([
        true,
        'object',
        true,
      ]);
      for (const field of Object.values<any>(inputSchema.properties))
        expect(field.description.length).toBeGreaterThan(10);
    }
    const [{ inputSchema }] = json.result.tools;
    expect(Object.keys(inputSchema.properties)).toEqual(
      expect.arrayContaining(['range', 'group_by', 'filters', 'limit']),
    );
    // A model reads all of it before it asks anything.
    expect(JSON.stringify(json.result).length).toBeLessThan(20_000);
  });

  test('query_stats returns what the API does, with twenty groups unless more are asked for', async () => {
    const question = {
      ...RANGE,
      group_by: ['city', 'time'],
      filters: { city: { is_not: ['Basel'] } },
      sort: 'city',
    };
    const { generated_at: _, ...got } = await call('query_stats', question);
    const { json } = await service.send('POST', '/api/v1/stats/query', {
      key,
      json: { ...question, limit: 20 },
    });
    expect(got).toEqual({ ...json, generated_at: undefined });
    expect(got.metrics.clicks_by_city).toHaveLength(20);
    const all = await call('query_stats', { ...RANGE, group_by: ['city'], limit: 200 });
    expect(all.metrics.clicks_by_city).toHaveLength(43);
  });

  test('list_groups finds values, most clicks first', async () => {
    expect(await call('list_groups', { ...RANGE, dimension: 'city', search: 'O', limit: 2 })).toMatchObject({
      groups: [
        { city: 'Oslo', clicks: 2 },
        { city: 'Bonn', clicks: 1 },
      ],
      total: 42,
    });
    const { groups } = await call('list_groups', {
      ...RANGE,
      dimension: 'property.plan',
      offset: 1,
      limit: 1,
    });
    expect(groups).toMatchObject([{ 'property.plan': 'B', clicks: 2 }]);
  });

  test('list_links pages through the links of the key', async () => {
    const first = await call('list_links', { limit: 1 });
    expect([first.links[0].short_code, first.next]).toEqual(['autumn', 'autumn']);
    const { links, next } = await call('list_links', { limit: 1, after: first.next });
    expect([links, next]).toEqual([
      [expect.objectContaining({ short_code: 'spring', tags: ['sale'], owner_id: 'assisted' })],
      undefined,
    ]);
    expect((await call('list_links', { tag: 'sale', search: 'SPRING' })).links).toHaveLength(1);
    expect((await call('list_links', { search: 'secret' })).links).toEqual([]);
  });

  test('list_clicks pages through the clicks of the key', async () => {
    const asked = { ...RANGE, filters: { city: ['Oslo', 'Bonn'] }, fields: ['city', 'clicked_at'], limit: 2 };
    const first = await call('list_clicks', asked);
    const second = await call('list_clicks', { cursor: first.next_cursor, limit: 2 });
    const cities = [...first.clicks, ...second.clicks].map(({ city }: { readonly city: string }) => city);
    expect([first.clicks.length, cities.toSorted(), second.next_cursor]).toEqual([
      2,
      ['Bonn', 'Oslo', 'Oslo'],
      null,
    ]);
    expect(Object.keys(first.clicks[0])).toEqual(['city', 'clicked_at']);
    const shown = await call('list_clicks', { ...RANGE, limit: 1 });
    expect(Object.keys(shown.clicks[0])).toEqual(
      expect.arrayContaining(['clicked_at', 'short_code', 'country']),
    );
  });

  test('pages of what is too long for a model are shorter, and leave nothing out', async () => {
    const scopes = ['stats:read', 'clicks:read', 'clicks:write', 'urls:read', 'urls:write', 'visitors:read'];
    const key = await service.createKey('long rows', scopes);
    const codes = Array.from({ length: 90 }, (_, place) => `long-${String(place).padStart(2, '0')}`);
    const long = `https://example.com/${'p'.repeat(800)}`;
    const ndjson = codes.map((short_code) => ({ short_code, referrer: long, ip: '192.0.2.1' }));
    await service.send('POST', '/api/v1/clicks', { key, ndjson });
    for (const code of codes)
      await service.send('PUT', `/api/v1/urls/${code}`, { key, json: { long_url: long } });
    const [clicks, links]: string[][] = [[], []];
    let given: object = { range: 'today', limit: 90, visitors: true };
    for (let cursor: string | null = ''; cursor !== null; given = { cursor, limit: 90 }) {
      const page = await call('list_clicks', given, key);
      expect([page.cut, page.clicks.length > 1]).toEqual([undefined, true]);
      for (const { short_code, visitor } of page.clicks) {
        clicks?.push(short_code);
        expect(visitor).toMatch(/^[0-9a-f]{16}$/);
      }
      cursor = page.next_cursor;
    }
    for (let after: string | undefined = ''; after !== undefined;) {
      const page = await call('list_links', { limit: 90, ...(after !== '' && { after }) }, key);
      links?.push(...page.links.map(({ short_code }: { short_code: string }) => short_code));
      after = page.next;
    }
    expect(clicks?.toSorted()).toEqual(codes);
    expect(links).toEqual(codes);
  });

  test.each([
    ['list_clicks', { visitors: true, fields: ['visitor'] }, /visitors:read/],
    ['list_clicks', { visitors: true }, /visitors:read/],
    ['list_clicks', { fields: ['planet'] }, /^fields cannot name planet/],
    ['list_clicks', { cursor: 'none' }, /^cursor must/],
    ['query_stats', { timezone: 'Europe/Atlantis' }, /^timezone must be an IANA name/],
    ['query_stats', { group_by: ['planet'] }, /^group_by must be one of/],
    ['query_stats', { groupby: ['city'] }, /Did you mean group_by/],
    ['query_stats', { limit: 201 }, /^limit must be a whole number from 1 to 200/],
    ['query_stats', { owner_id: 'somebody else' }, /^owner_id needs a key with admin:all/],
    ['query_stats', { explain: true }, /^explain is not a parameter/],
    ['list_groups', {}, /^dimension must be a text/],
    ['list_groups', { dimension: 'time' }, /^dimension must be another than time/],
    ['list_links', { page: 2 }, /^page is not a field/],
  ])('what is wrong with a call is a result, with the sentence: %s %j', async (name, given, sentence) => {
    expect(await call(name, given)).toEqual({ error: expect.stringMatching(sentence) });
  });

  test('a key is told which scope a tool needs', async () => {
    const reader = await service.createKey('assisted', ['stats:read']);
    expect(await call('list_clicks', RANGE, reader)).toEqual({
      error: expect.stringContaining('clicks:read'),
    });
    expect(await call('list_links', {}, reader)).toEqual({ error: expect.stringContaining('urls:read') });
    expect((await call('query_stats', RANGE, reader)).summary.total_clicks).toBe(44);
  });

  test('a longer result than a model can read is cut, and says so', async () => {
    const result = await call('query_stats', {
      start_date: '2023-01-01',
      end_date: '2026-01-05',
      interval: 'day',
      metrics: ['clicks'],
    });
    const { cut, metrics, summary } = result;
    expect([JSON.stringify(result).length < 40_001, summary.total_clicks]).toEqual([true, 44]);
    expect(cut).toContain(`first ${metrics.clicks_by_time.length} rows`);
  });

  test.each([
    ['several at once', [{ jsonrpc: '2.0', id: 1, method: 'ping' }], 400, undefined],
    ['an unknown version', { jsonrpc: '1.0', id: 1, method: 'ping' }, 400, undefined],
    ['an id that is none', { jsonrpc: '2.0', id: {}, method: 'ping' }, 400, undefined],
    ['an unknown method', { jsonrpc: '2.0', id: 1, method: 'resources/list' }, 200, -32_601],
    [
      'an unknown tool',
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'drop_table' } },
      200,
      -32_602,
    ],
    ['no tool', { jsonrpc: '2.0', id: 1, method: 'tools/call' }, 200, -32_602],
  ])('%s is refused', async (_, message, status, code) => {
    const answer = await send(message);
    expect([answer.status, answer.json.error.code]).toEqual([status, code]);
  });

  test.each([
    [undefined, 'params must be an object.'],
    [{ arguments: {} }, 'params.name must be the name of a tool.'],
    [{ name: 'query_stats', arguments: 'x' }, 'params.arguments must be an object.'],
    [{ name: 'query_stat' }, 'There is no tool of the name query_stat. Did you mean query_stats?'],
  ])('a call with %j is told what is wrong in one sentence', async (params, message) => {
    const { json } = await send({ jsonrpc: '2.0', id: 7, method: 'tools/call', params });
    expect(json).toEqual({ jsonrpc: '2.0', id: 7, error: { code: -32_602, message } });
  });

  test('an unknown revision is refused with those that there are', async () => {
    const answer = await send(
      { jsonrpc: '2.0', id: 1, method: 'tools/list' },
      { headers: { 'mcp-protocol-version': '1999-01-01' } },
    );
    expect([answer.status, answer.json.error.message]).toEqual([400, expect.stringContaining('2025-11-25')]);
  });
});

describe('docs/notebooks.md', () => {
  const page = readFileSync('docs/notebooks.md', 'utf8');
  const [, query = ''] = /^```sql\n(.*?)^```$/ms.exec(page) ?? [];

  /** Clicks of last month, one of them from Namibia. */
  const COUNTRIES = ['DE', 'DE', 'NA'];
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'spoor-notebooks-'));
    const now = new Date();
    const clicked_at = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 15, 12)).toISOString();
    const analyst = await service.createKey('analyst', ['clicks:read', 'clicks:write']);
    await service.send('POST', '/api/v1/clicks', {
      key: analyst,
      ndjson: COUNTRIES.map((country) => ({
        short_code: 'survey',
        clicked_at,
        country,
        browser: 'Firefox',
        is_bot: country === 'NA',
      })),
    });
    const files = new Spoor({ url: service.url, key: analyst });
    const file = await files.export({ what: 'clicks', format: 'parquet', range: 'last_month' });
    await writeFile(join(folder, 'clicks.parquet'), file);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('DuckDB counts the clicks of the file', async () => {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    const read = await connection.runAndReadAll(
      query.replace("'clicks.parquet'", `'${folder}/clicks.parquet'`),
    );
    expect(read.getRowObjectsJson()).toEqual([
      expect.objectContaining({ country: 'DE', clicks: '2', by_bots: '0' }),
      expect.objectContaining({ country: 'NA', clicks: '1', by_bots: '1' }),
    ]);
    connection.closeSync();
    instance.closeSync();
  });
});
