import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createVersions } from '../../src/clickhouse/row-versions.ts';
import { destinationsSetting } from '../../src/export-jobs/destination.ts';
import { ExportFolder } from '../../src/export-jobs/export-folder.ts';
import { ExportFailure, type ExportOrder, type OpenExport } from '../../src/export-jobs/export-job.ts';
import { ExportJobs } from '../../src/export-jobs/export-jobs.ts';
import { StoredJobs } from '../../src/export-jobs/stored-jobs.ts';
import { param, sql } from '../../src/sql/sql.ts';
import { SEED, seededRandom } from '../support/random.ts';
import { newFolder, endProcesses, waitUntil } from '../support/process.ts';
import { sharesOf } from '../support/room.ts';
import { S3Store } from '../support/s3-store.ts';
import { type SendOptions, type TestSpoor, startSpoor } from '../support/spoor.ts';

const PATH = '/api/v1/exports';
const RANGE = { start_date: '2026-01-01', end_date: '2026-01-31' };
const ORDER = { format: 'json', ...RANGE, group_by: ['time', 'browser', 'city'], breakdown: false };

let spoor: TestSpoor;
let store: S3Store;
let ann: string;
let ben: string;
const exportDir = newFolder();

beforeAll(async () => {
  store = new S3Store();
  await store.listen();
  const destinations = {
    warehouse: store.destination('spoor'),
    nowhere: { ...store.destination(''), bucket: 'none' },
  };
  spoor = await startSpoor({
    SPOOR_EXPORT_DIR: exportDir,
    SPOOR_EXPORT_DESTINATIONS: JSON.stringify(destinations),
  });
  ann = await spoor.createKey('ann');
  ben = await spoor.createKey('ben/../ann');
  for (const [key, name, count] of [
    [ann, 'ann', 300],
    [ben, 'ben', 200],
  ] as const) {
    const clicks = Array.from({ length: count }, (_, index) => ({
      short_code: `${name}-${index % 7}`,
      clicked_at: new Date(Date.UTC(2026, 0, 1 + (index % 30))).toISOString(),
      browser: index % 3 === 0 ? `=1+${name}` : 'Firefox',
      city: `City ${index}`,
    }));
    await spoor.send('POST', '/api/v1/clicks', { key, json: clicks });
  }
});
afterAll(async () => {
  await spoor.stop();
  await store.close();
  await endProcesses();
});

async function create(json: object, key = ann) {
  const { status, json: job } = await spoor.send('POST', PATH, { key, json });
  expect([status, job.error]).toEqual([202, undefined]);
  expect(['queued', 'running', 'done']).toContain(job.status);
  return job;
}

async function finished(id: string, key = ann) {
  return waitUntil('an export', async () => {
    const { json } = await spoor.send('GET', `${PATH}/${id}`, { key });
    return ['queued', 'running'].includes(json.status) ? undefined : json;
  });
}

const fileOf = (id: string, options: SendOptions = {}) =>
  spoor.send('GET', `${PATH}/${id}/file`, { key: ann, ...options });

/** What an export says of when it was made differs. */
const withoutMoment = (result: object) => ({ ...result, generated_at: undefined });

test('a job makes the file that the route of exports sends', async () => {
  const job = await finished((await create(ORDER)).id);
  expect(job).toMatchObject({ status: 'done', owner_id: 'ann', progress: 1, destination: null });
  const { text, headers } = await fileOf(job.id);
  const query = { format: 'json', ...RANGE, group_by: 'time,browser,city', breakdown: 'false' };
  const direct = await spoor.send('GET', '/api/v1/export', { key: ann, query });
  expect(withoutMoment(JSON.parse(text))).toEqual(withoutMoment(direct.json));
  expect(direct.json.summary.total_clicks).toBe(300);
  expect(Number(headers.get('content-length'))).toBe(job.bytes);
  expect(headers.get('content-disposition')).toBe(direct.headers.get('content-disposition'));
  expect(headers.get('content-type')).toBe(direct.headers.get('content-type'));
});

test(`any part of a file is sent (SPOOR_TEST_SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  const { id, bytes } = await finished((await create({ ...ORDER, format: 'xml' })).id);
  const whole = await fileOf(id);
  const tag = whole.headers.get('etag') ?? '';
  for (let attempt = 0; attempt < 20; attempt++) {
    const start = random(bytes);
    const end = start + random(bytes - start);
    const part = await fileOf(id, { headers: { range: `bytes=${start}-${end}`, 'if-range': tag } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes ${start}-${end}/${bytes}`]);
    expect(part.text).toBe(whole.text.slice(start, end + 1));
  }
  const beyond = await fileOf(id, { headers: { range: `bytes=${bytes}-` } });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${bytes}`]);
  const other = await fileOf(id, { headers: { range: 'bytes=0-1', 'if-range': '"other"' } });
  expect([other.status, other.text]).toEqual([200, whole.text]);
  expect((await fileOf(id, { headers: { 'if-none-match': tag } })).status).toBe(304);
  const head = await spoor.send('HEAD', `${PATH}/${id}/file`, { key: ann });
  expect([head.status, head.headers.get('content-length'), head.text]).toEqual([200, String(bytes), '']);
});

test('a job is its owner’s alone, and an administrator’s', async () => {
  const { id } = await finished((await create(ORDER)).id);
  for (const [method, path] of [
    ['GET', id],
    ['GET', `${id}/file`],
    ['DELETE', id],
  ] as const) {
    const { status, json } = await spoor.send(method, `${PATH}/${path}`, { key: ben });
    expect([method, path, status, json.code]).toEqual([method, path, 404, 'not_found']);
  }
  const listed = async (key: string) =>
    (await spoor.send('GET', PATH, { key })).json.items.map((job: { id: string }) => job.id);
  expect(await listed(ann)).toContain(id);
  expect(await listed(ben)).not.toContain(id);
  const named = (owner: string, by?: { readonly key: string }) =>
    spoor.send('GET', PATH, { ...by, query: { owner_id: owner } });
  expect((await named('ann', { key: ben })).status).toBe(403);
  expect(
    (await named('ben/../ann', { key: ben })).json.items.every(
      (job: { owner_id: string }) => job.owner_id !== 'ann',
    ),
  ).toBe(true);
  const owners = (await named('ann')).json.items.map((job: { owner_id: string }) => job.owner_id);
  expect(new Set(owners)).toEqual(new Set(['ann']));
  expect((await spoor.send('GET', `${PATH}/${id}`)).status).toBe(200);
});

test('what an administrator exports of every owner is for administrators, whoever has keys of its name', async () => {
  const all = await spoor.send('POST', PATH, { json: { ...ORDER, owner_id: '*' } });
  const namesake = await spoor.createKey('admin');
  expect((await spoor.send('GET', `${PATH}/${all.json.id}`, { key: namesake })).status).toBe(403);
  const items = (await spoor.send('GET', PATH, { key: namesake })).json.items;
  expect(items).toEqual([]);
  const ofAnn = await spoor.send('POST', PATH, { json: { ...ORDER, owner_id: 'ann' } });
  expect(ofAnn.json.owner_id).toBe('ann');
  expect((await spoor.send('GET', `${PATH}/${ofAnn.json.id}`, { key: ann })).status).toBe(200);
});

test.each([
  [{ ...ORDER, format: 'nonsense' }, 422, 'format'],
  [{ ...ORDER, what: 'nonsense' }, 422, 'what'],
  [{ ...ORDER, destination: 'nonsense' }, 422, 'destination'],
  [{ ...ORDER, destination: 7 }, 400, 'destination'],
  [{ ...ORDER, nonsense: 1 }, 400, 'nonsense'],
  [{ ...ORDER, format: ['json'] }, 400, 'format'],
  [JSON.parse('{"format": "json", "__proto__": {}}'), 400, '__proto__'],
  [{ ...ORDER, timezone: 'nonsense' }, 400, 'timezone'],
  [{ ...ORDER, owner_id: 'ben' }, 403, 'owner_id'],
  [{ ...ORDER, segment: 'nonsense' }, 400, 'segment'],
  [{ ...ORDER, scope: 'anon', short_code: 'nonsense' }, 404, 'short_code'],
])('%j is refused at once', async (json, status, field) => {
  const refused = await spoor.send('POST', PATH, { key: ann, json });
  expect([refused.status, refused.json.field]).toEqual([status, field]);
});

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The lowest bit of one character is another. */
const withOtherBit = (text: string, at: number): string =>
  text.slice(0, at) + BASE64URL[BASE64URL.indexOf(text[at] ?? '') ^ 1] + text.slice(at + 1);

test('an address fetches the file without a key, until the key that made it is revoked', async () => {
  const made = await spoor.send('POST', '/api/v1/keys', {
    json: { owner_id: 'ann', name: 'short-lived', scopes: ['stats:read'] },
  });
  const { id } = await finished((await create(ORDER, made.json.key)).id);
  const { file } = (await spoor.send('GET', `${PATH}/${id}`, { key: made.json.key })).json;
  const fetched = await spoor.send('GET', file, { key: null });
  expect([fetched.status, fetched.text]).toEqual([200, (await fileOf(id)).text]);
  const address = new URL(file, spoor.url);
  const other = await finished((await create(ORDER)).id);
  const signature = address.searchParams.get('signature') ?? '';
  const expires = address.searchParams.get('expires') ?? '';
  for (const [name, value] of [
    ['expires', '99999999999999'],
    ['expires', `0${expires}`],
    ['key_id', 'admin'],
    ['signature', 'AAAA'],
    ['signature', ''],
    ['signature', `${signature}=`],
    ['signature', `.${signature}`],
    // Of the last character some bits are no part of the bytes.
    ...Array.from(signature, (_, at) => ['signature', withOtherBit(signature, at)] as const),
  ] as const) {
    const forged = new URL(address);
    forged.searchParams.set(name, value);
    const { status } = await spoor.send('GET', forged.pathname + forged.search, { key: null });
    expect([name, value, status]).toEqual([name, value, 401]);
  }
  const elsewhere = await spoor.send('GET', `${PATH}/${other.id}/file${address.search}`, { key: null });
  expect(elsewhere.status).toBe(401);
  await spoor.send('DELETE', `/api/v1/keys/${made.json.id}`);
  expect((await spoor.send('GET', file, { key: null })).status).toBe(401);
  const ofFixed = (await spoor.send('GET', `${PATH}/${id}`)).json.file;
  expect((await spoor.send('GET', ofFixed, { key: null })).status).toBe(200);
});

test('files are for their owner on disk, have no draft beside them, and go with their jobs', async () => {
  const { id, instance } = await finished((await create(ORDER)).id);
  const folder = join(exportDir, instance);
  expect(existsSync(join(folder, id))).toBe(true);
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  expect((await spoor.send('DELETE', `${PATH}/${id}`, { key: ann })).status).toBe(204);
  expect(existsSync(join(folder, id))).toBe(false);
  expect((await fileOf(id)).status).toBe(404);
  expect((await spoor.send('DELETE', `${PATH}/${id}`, { key: ann })).status).toBe(404);
});

test('an expired job says so, and its file is gone', async () => {
  const { id } = await finished((await create(ORDER)).id);
  await spoor.database.commandText(
    `INSERT INTO export_jobs SELECT * REPLACE (now64(3) - 60 AS expires_at, version + 1 AS version) FROM export_jobs FINAL WHERE id = '${id}'`,
  );
  const { json } = await spoor.send('GET', `${PATH}/${id}`, { key: ann });
  expect([json.status, json.file]).toEqual(['expired', undefined]);
  const { status, json: refusal } = await fileOf(id);
  expect([status, refusal.code]).toEqual([410, 'not_found']);
});

test('the segment that an export names is that of the moment when it was created', async () => {
  const put = (browser: string) =>
    spoor.send('PUT', '/api/v1/segments/some', { key: ann, json: { filters: { browser: [browser] } } });
  await put('Firefox');
  const cities = ['City 1', 'City 3', 'City 5'];
  const filtered = { 'city.is_not': 'City 5', filters: { city: cities } };
  const orders = [
    { ...ORDER, segment: 'some' },
    { ...ORDER, segment: 'some', ...filtered },
    { ...ORDER, scope: 'anon', short_code: 'ann-1', ...filtered },
  ];
  const jobs = [];
  for (const order of orders) jobs.push(await create(order));
  await put('none');
  const totals = [];
  for (const { id } of jobs) {
    await finished(id);
    totals.push(JSON.parse((await fileOf(id)).text).summary.total_clicks);
  }
  expect(totals).toEqual([200, 1, 1]);
});

test('filters are stored until the export has ended, and lists do not read them', async () => {
  const cities = Array.from({ length: 9_000 }, (_, index) => `City ${index} of the test of large orders`);
  const filtered = (count: number) => ({ ...ORDER, filters: { city: cities.slice(0, count) } });
  const refused = await spoor.send('POST', PATH, { key: ann, json: filtered(9_000) });
  expect([refused.status, refused.json.field]).toEqual([400, 'filters']);
  const { id } = await finished((await create(filtered(5_000))).id);
  const stored = `FROM export_jobs FINAL WHERE id = '${id}'`;
  const [row] = await spoor.database.rows<[string]>(sql`
    SELECT export_order FROM export_jobs FINAL WHERE id = ${param('String', id)}`);
  expect(row?.[0]).not.toContain(cities[17]);

  const listed = async () =>
    (await spoor.send('GET', PATH, { key: ann })).json.items.find((job: { id: string }) => job.id === id);
  const before = await listed();
  expect(before).toMatchObject({ what: 'stats', format: 'json', status: 'done', destination: null });
  // As one is from before there was what lists show.
  const columns = '* EXCEPT (listed_order)';
  await spoor.database.commandText(
    `INSERT INTO export_jobs (${columns}) SELECT ${columns} REPLACE (version + 1 AS version) ${stored}`,
  );
  expect(await listed()).toEqual(before);
  await spoor.database.commandText(
    `INSERT INTO export_jobs SELECT * REPLACE ('' AS export_order, version + 1 AS version) ${stored}`,
  );
  expect(await listed()).toEqual(before);
});

describe('of the clicks themselves', () => {
  const CLICKS = { what: 'clicks', format: 'ndjson', ...RANGE };
  const scoped = (...scopes: readonly string[]) => spoor.createKey('ann', scopes);

  test('a job makes the file that the route of exports sends, and counts its rows', async () => {
    const key = await scoped('clicks:read');
    const order = {
      ...CLICKS,
      fields: ['clicked_at', 'short_code', 'city'],
      order: 'link',
      compress: 'gzip',
    };
    const job = await finished((await create(order, key)).id, key);
    expect([job.status, job.rows, job.file_name]).toEqual(['done', 300, expect.stringMatching(/\.gz$/)]);
    const headers = { authorization: `Bearer ${key}`, 'accept-encoding': 'identity' };
    const fetched = async (path: string) => {
      const response = await fetch(spoor.url + path, { headers });
      expect(response.status).toBe(200);
      return gunzipSync(await response.arrayBuffer()).toString();
    };
    const query = new URLSearchParams({ ...order, fields: order.fields.join(), what: '' });
    query.delete('what');
    const direct = await fetched(`/api/v1/export/clicks?${query.toString()}`);
    expect(await fetched(`${PATH}/${job.id}/file`)).toBe(direct);
    expect(direct.trimEnd().split('\n')).toHaveLength(300);
  });

  test('they take their scopes to be made, seen and fetched', async () => {
    const [stats, clicks] = [await scoped('stats:read'), await scoped('clicks:read')];
    const visitors = await scoped('clicks:read', 'visitors:read');
    const withVisitors = { ...CLICKS, visitors: true };
    for (const [key, order, status] of [
      [stats, CLICKS, 403],
      [clicks, ORDER, 403],
      [clicks, withVisitors, 403],
      [clicks, { ...CLICKS, group_by: 'os' }, 400],
    ] as const) {
      expect((await spoor.send('POST', PATH, { key, json: order })).status).toBe(status);
    }
    const [plain, hashed] = [await create(CLICKS, clicks), await create(withVisitors, visitors)];
    await finished(plain.id, clicks);
    await finished(hashed.id, visitors);
    const seenBy = async (key: string) => {
      const { items } = (await spoor.send('GET', PATH, { key })).json;
      const listed = new Set(items.map((job: { id: string }) => job.id));
      const statuses = [];
      for (const { id } of [plain, hashed]) {
        const one = await spoor.send('GET', `${PATH}/${id}`, { key });
        const response = await fetch(`${spoor.url}${PATH}/${id}/file`, {
          headers: { authorization: `Bearer ${key}` },
        });
        await response.body?.cancel();
        statuses.push([listed.has(id), one.status, response.status]);
      }
      return statuses;
    };
    const [seen, hidden] = [
      [true, 200, 200],
      [false, 403, 403],
    ];
    expect(await seenBy(stats)).toEqual([hidden, hidden]);
    expect(await seenBy(clicks)).toEqual([seen, hidden]);
    expect(await seenBy(visitors)).toEqual([seen, seen]);
  });
});

test('a file is sent to a destination, under the prefix of its owner', async () => {
  const job = await finished((await create({ ...ORDER, destination: 'warehouse' }, ben)).id, ben);
  expect([job.status, job.error, job.file]).toEqual(['done', undefined, undefined]);
  expect(job.destination_key).toBe(`spoor/ben_2F_2E_2E_2Fann/${job.id}/${job.file_name}`);
  const sent = JSON.parse(store.object(job.destination_key)?.toString() ?? '');
  expect(sent.summary.total_clicks).toBe(200);
  const { status } = await spoor.send('GET', `${PATH}/${job.id}/file`, { key: ben });
  expect(status).toBe(409);
});

test('a destination that there is not is named with the nearest that there is', async () => {
  const { json } = await spoor.send('POST', PATH, {
    key: ann,
    json: { ...ORDER, destination: 'Ware-house' },
  });
  expect(json.error).toBe('There is no destination of that name. Did you mean warehouse?');
});

test('a destination that refuses fails the job with a sentence that has no secret in it', async () => {
  const job = await finished((await create({ ...ORDER, destination: 'nowhere' })).id);
  expect([job.status, job.error]).toEqual([
    'failed',
    'The destination nowhere refused the file (404 NoSuchBucket).',
  ]);
});

const RANGED = { ...RANGE, group_by: ['time', 'browser', 'city'] };

test.each([
  {},
  { breakdown: true },
  { limit: 7, breakdown: true },
  { limit: 7, offset: 298 },
  { offset: 1_000 },
  { metrics: ['unique_clicks'], compare: 'previous' },
  { compare: 'previous', limit: 5, sort: '-change' },
  { limit: 7, breakdown: true, other: true },
  { limit: 7, offset: 290, other: true, compare: 'previous' },
])('a job counts the rows of its file: %j', async (more) => {
  const order = { ...RANGED, ...more };
  const json = await finished((await create({ ...order, format: 'json' })).id);
  const { metrics, previous } = JSON.parse((await fileOf(json.id)).text);
  const lists: readonly (readonly unknown[])[] = [metrics, previous?.metrics ?? {}].flatMap(Object.values);
  expect([json.rows, json.error]).toEqual([lists.flat().length, undefined]);
  const lines = await finished((await create({ ...order, format: 'ndjson' })).id);
  expect(lines.rows).toBe((await fileOf(lines.id)).text.split('\n').length - 1);
  const table = await finished((await create({ ...order, format: 'parquet' })).id);
  expect([table.rows, table.error]).toEqual([lines.rows, undefined]);
});

test('a job that runs tells how much of it is done', async () => {
  const key = await spoor.createKey('ann', ['clicks:read', 'urls:write']);
  await spoor.send('PUT', '/api/v1/urls/many', { key, json: {} });
  // More than fits between ClickHouse and the store, so that the query is there as long as the store does not answer.
  await spoor.database.commandText(
    `INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, click_id)
    SELECT 'ann', 'many', '2026-02-01', number, repeat('x', 64) FROM numbers(100000)`,
  );
  const dates = { start_date: '2026-02-01', end_date: '2026-02-01' };
  const order = { what: 'clicks', format: 'ndjson', short_code: 'many', destination: 'warehouse', ...dates };
  let open: () => void = () => {};
  store.opens = new Promise((resolve) => (open = resolve));
  try {
    const { id } = await create(order, key);
    const running = await waitUntil('its progress', async () => {
      const { json } = await spoor.send('GET', `${PATH}/${id}`, { key });
      return json.progress > 0 ? json : undefined;
    });
    expect(running.status).toBe('running');
    expect(running.progress).toBeLessThan(1);
    open();
    expect(await finished(id, key)).toMatchObject({ status: 'done', progress: 1, rows: 100_000 });
  } finally {
    open();
    await spoor.send('DELETE', '/api/v1/urls/many', { key });
  }
});

test('the metrics count how jobs have ended', async () => {
  const ended = async (): Promise<readonly (string | undefined)[]> => {
    const { text } = await spoor.send('GET', '/metrics', { key: null });
    return ['done', 'failed'].map(
      (state) => text.match(new RegExp(`^spoor_export_jobs_total{outcome="${state}"} (\\d+)`, 'm'))?.[1],
    );
  };
  const [done, failed] = await ended();
  await finished((await create(ORDER)).id);
  await finished((await create({ ...ORDER, destination: 'nowhere' })).id);
  expect(await ended()).toEqual([String(Number(done) + 1), String(Number(failed) + 1)]);
});

test('pages of the list have each job once', async () => {
  const all: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query = { limit: '2', ...(cursor !== '' && { cursor }) };
    const { json }: { json: any } = await spoor.send('GET', PATH, { key: ann, query });
    all.push(...json.items.map((job: { id: string }) => job.id));
    cursor = json.next_cursor;
  }
  const { json } = await spoor.send('GET', PATH, { key: ann });
  expect(all).toEqual(json.items.map((job: { id: string }) => job.id));
  expect(all).toEqual(all.toSorted().toReversed());
});

const MIB = 1_048_576;

/** More than one part of an upload, and no whole number of them. */
const LARGE = randomBytes(18 * MIB + 7);
const SMALL = randomBytes(70_001);

describe('jobs of a process of their own', () => {
  /** Of the test, with its folder and instance. */
  let folder: string;
  let instance: string;
  const opened: ExportJobs[] = [];

  beforeEach(() => {
    instance = randomBytes(8).toString('hex');
    folder = join(newFolder(), instance);
    mkdirSync(folder);
  });
  afterEach(async () => {
    store.onRequest = () => undefined;
    for (const jobs of opened.splice(0)) await jobs.close();
  });

  const JOB_ORDER: ExportOrder = {
    what: 'stats',
    format: 'csv',
    parameters: {},
    filters: '{}',
    principal: { id: 'key', ownerId: 'ann', scopes: ['stats:read'], rateLimit: 'standard' },
    at: 0,
    destination: null,
    fileName: null,
    scopes: [],
  };
  const TO_STORE: ExportOrder = { ...JOB_ORDER, destination: 'warehouse' };

  /** What a source gives: bytes, and an error in place of an end. */
  type Source = (attempt: number, stopped: AbortController) => AsyncIterable<Buffer>;

  async function* pieces(bytes: Buffer, failure?: Error): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += MIB) yield bytes.subarray(at, at + MIB);
    if (failure !== undefined) throw failure;
  }

  /** The jobs of a process that has just started, on the test's folder. */
  async function startJobs(
    source: Source,
    {
      files = 256 * MIB,
      onOrder,
    }: { readonly files?: number; readonly onOrder?: (order: ExportOrder) => unknown } = {},
  ): Promise<ExportJobs> {
    let attempts = 0;
    const open: OpenExport = async (order, __, stopped) => {
      onOrder?.(order);
      return {
        fileName: 'file.zip',
        contentType: 'application/zip',
        bytes: source(++attempts, stopped),
        contentEncoding: undefined,
        rows: async () => 7,
        ended: async () => {},
      };
    };
    const shares = sharesOf({ maxExports: 8, exportFileBytes: files });
    const jobs = new ExportJobs({
      stored: new StoredJobs(spoor.database, createVersions(Date.now), Date.now),
      folder: new ExportFolder(folder, shares.exportFileBytes),
      destinations: destinationsSetting.parse(JSON.stringify({ warehouse: store.destination('spoor') })),
      slots: shares.exports,
      open,
      instance,
      isAlone: false,
      keptMs: 86_400_000,
      maxRunning: 1,
      now: Date.now,
      log: { warn: () => {}, error: () => {} },
    });
    opened.push(jobs);
    await jobs.start();
    return jobs;
  }

  async function run(jobs: ExportJobs, order: ExportOrder) {
    const { id } = await jobs.create(order, 'ann');
    const job = await jobs.ended(id);
    if (job === undefined) throw new Error('No job.');
    return job;
  }

  const objectOf = (id: string) => store.object(`spoor/ann/${id}/file.zip`);

  test.each([
    ['in one request', SMALL, 0],
    ['in parts', LARGE, 1],
  ])('a file reaches its bucket %s', async (_, bytes, uploads) => {
    let begun = 0;
    store.onRequest = (method, url) => {
      if (method === 'POST' && url.endsWith('?uploads=')) begun++;
      return undefined;
    };
    const job = await run(await startJobs(() => pieces(bytes)), TO_STORE);
    expect(job).toMatchObject({ state: 'done', bytes: bytes.length, rows: 7, error: null, upload: null });
    expect(objectOf(job.id)?.equals(bytes)).toBe(true);
    expect([begun, store.openUploads]).toEqual([uploads, []]);
  });

  test(`a store that fails now and then has the whole file in the end (SPOOR_TEST_SEED=${SEED})`, async () => {
    const random = seededRandom(SEED);
    let failures = 0;
    store.onRequest = () => {
      if (failures === 6 || random(3) > 0) return undefined;
      failures++;
      return random(2) === 0 ? 503 : 'cut';
    };
    const job = await run(await startJobs(() => pieces(LARGE)), TO_STORE);
    expect([job.state, job.error]).toEqual(['done', null]);
    expect(objectOf(job.id)?.equals(LARGE)).toBe(true);
    expect(store.openUploads).toEqual([]);
  });

  test.each([
    ['a bucket', TO_STORE],
    ['a file', JOB_ORDER],
  ])('a source that breaks leaves nothing in %s, and the export begins anew', async (_, order) => {
    const seen: (readonly string[])[] = [];
    const jobs = await startJobs((attempt) => {
      if (attempt === 2) seen.push([...store.openUploads, ...readdirSync(folder)]);
      return attempt === 1 ? pieces(LARGE, new Error('broken')) : pieces(LARGE);
    });
    const { id } = await jobs.create(order, 'ann');
    const failed = await waitUntil('a failure', async () => {
      const job = await jobs.find(id, 'ann');
      return job?.state === 'queued' && job.error !== null ? job : undefined;
    });
    expect(failed.attempts).toBe(1);
    expect(objectOf(id)).toBeUndefined();
    const job = await jobs.ended(id);
    expect([job?.state, job?.attempts, job?.error]).toEqual(['done', 2, null]);
    expect(seen).toEqual([[]]);
    const whole = order.destination === null ? readFileSync(join(folder, id)) : objectOf(id);
    expect(whole?.equals(LARGE)).toBe(true);
  });

  test('what a killed process has begun begins anew, and its upload is aborted', async () => {
    const first = await startJobs((_, { signal }) => stuckAfter(LARGE, signal));
    const { id } = await first.create(TO_STORE, 'ann');
    await waitUntil('an upload', () => store.openUploads.length === 1);
    await waitUntil('its row', async () => (await storedJob(id))?.upload !== null);
    // It does not live to take anything back.
    store.onRequest = (method) => (method === 'DELETE' ? 'cut' : undefined);
    await first.close();
    expect([store.openUploads.length, (await storedJob(id))?.state]).toEqual([1, 'running']);
    store.onRequest = () => undefined;

    const second = await startJobs(() => pieces(LARGE));
    const job = await second.ended(id);
    expect([job?.state, job?.attempts]).toEqual(['done', 2]);
    expect(objectOf(id)?.equals(LARGE)).toBe(true);
    expect(store.openUploads).toEqual([]);
  });

  test('a start removes drafts and files that no job has, and keeps the others', async () => {
    const { id } = await run(await startJobs(() => pieces(SMALL)), JOB_ORDER);
    for (const name of ['0000', '0000.part', `${id}.part`]) writeFileSync(join(folder, name), 'left');
    await startJobs(() => pieces(SMALL));
    expect(readdirSync(folder)).toEqual([id]);
    expect(readFileSync(join(folder, id)).equals(SMALL)).toBe(true);
  });

  test('a file that has no room fails the job with a sentence, and leaves none', async () => {
    const job = await run(await startJobs(() => pieces(LARGE), { files: 20 * MIB }), JOB_ORDER);
    expect([job.state, job.attempts]).toEqual(['failed', 1]);
    expect(job.error).toMatch(/^The files of exports take all the space/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('room is there again once a file is deleted, also one of an earlier process', async () => {
    const files = 2 * MIB;
    const bytes = LARGE.subarray(0, MIB);
    const earlier = await run(await startJobs(() => pieces(bytes), { files }), JOB_ORDER);
    const jobs = await startJobs(() => pieces(bytes), { files });
    expect((await run(jobs, JOB_ORDER)).state).toBe('failed');
    await jobs.remove(earlier);
    expect((await run(jobs, JOB_ORDER)).state).toBe('done');
  });

  test('what cannot succeed is not tried again', async () => {
    const job = await run(await startJobs(() => pieces(SMALL, new ExportFailure('No.'))), JOB_ORDER);
    expect([job.state, job.attempts, job.error]).toEqual(['failed', 1, 'No.']);
  });

  test('an owner has at most 20 waiting, and one that is cancelled ends', async () => {
    const jobs = await startJobs((_, { signal }) => stuckAfter(SMALL, signal));
    const running = await jobs.create(JOB_ORDER, 'ann');
    await waitUntil(
      'the first to run',
      async () => (await jobs.find(running.id, 'ann'))?.state === 'running',
    );
    const waiting = [];
    for (let count = 0; count < 20; count++) waiting.push(await jobs.create(JOB_ORDER, 'ann'));
    await expect(jobs.create(JOB_ORDER, 'ann')).rejects.toMatchObject({ code: 'unavailable', status: 503 });
    await jobs.create(JOB_ORDER, 'ben');
    for (const job of waiting.slice(1)) await jobs.remove(job);
    await jobs.remove(running);
    expect(await jobs.find(running.id, undefined)).toBeUndefined();
    expect(existsSync(join(folder, running.id))).toBe(false);
    // The next one has its turn.
    const [next] = waiting;
    await waitUntil('the next', async () => (await jobs.find(next?.id ?? '', 'ann'))?.state === 'running');
  });

  test('another instance tells what has become of a job, and neither sends nor deletes its file', async () => {
    const job = await run(await startJobs(() => pieces(SMALL)), JOB_ORDER);
    instance = randomBytes(8).toString('hex');
    const other = await startJobs(() => pieces(SMALL));
    const seen = await other.find(job.id, 'ann');
    expect(seen).toMatchObject({ state: 'done', bytes: SMALL.length });
    await expect(other.remove(job)).rejects.toMatchObject({ code: 'conflict' });
    await expect(other.openFile(job)).rejects.toThrow(job.instance);
  });

  test('of an id there is one job, though another instance begins it anew', async () => {
    const first = await startJobs((_, { signal }) => stuckAfter(LARGE, signal));
    const id = first.newId();
    await first.createOnce(id, TO_STORE, 'ann');
    await first.createOnce(id, TO_STORE, 'ann');
    await waitUntil('its row', async () => (await storedJob(id))?.upload != null);
    store.onRequest = (method) => (method === 'DELETE' ? 'cut' : undefined);
    await first.close();
    store.onRequest = () => undefined;
    const before = instance;
    instance = randomBytes(8).toString('hex');
    const second = await startJobs(() => pieces(SMALL));
    await second.createOnce(id, TO_STORE, 'ann');
    expect(await second.ended(id)).toMatchObject({ state: 'done', instance, attempts: 1 });
    expect(store.openUploads).toEqual([]);
    instance = before;
    // It is the first's no more.
    const third = await startJobs(() => pieces(LARGE));
    expect(await third.ended(id)).toMatchObject({ state: 'done', bytes: SMALL.length });
    expect((await third.list({ ownerId: 'ann', before: undefined, limit: 1 })).map((job) => job.id)).toEqual([
      id,
    ]);
  });

  test('what an instance still does that has lost its job to another one undoes nothing', async () => {
    let unstick = (): void => {};
    const stuck = new Promise<void>((resolve) => (unstick = resolve));
    const first = await startJobs(async function* () {
      yield SMALL;
      await stuck;
    });
    const id = first.newId();
    await first.createOnce(id, JOB_ORDER, 'ann');
    await waitUntil('the first', async () => (await storedJob(id))?.state === 'running');
    const lost = first.ended(id);
    instance = randomBytes(8).toString('hex');
    const second = await startJobs(() => pieces(LARGE));
    await second.createOnce(id, JOB_ORDER, 'ann');
    expect(await second.ended(id)).toMatchObject({ state: 'done', bytes: LARGE.length });
    unstick();
    await lost;
    const done = { instance, state: 'done', bytes: LARGE.length };
    expect([await storedJob(id), await first.find(id, 'ann')]).toMatchObject([done, done]);
    // Nor does it begin it anew, and it can be given it back.
    await first.createOnce(id, JOB_ORDER, 'ann');
    expect(await first.ended(id)).toMatchObject({ state: 'done', bytes: SMALL.length });
    expect((await storedJob(id))?.bytes).toBe(SMALL.length);
  });

  test('orders are not held in memory while their jobs wait, and carried out whole', async () => {
    const orders: ExportOrder[] = [];
    let end = (): void => {};
    const over = new Promise<void>((resolve) => (end = resolve));
    const source = async function* () {
      await over;
      yield SMALL;
    };
    const jobs = await startJobs(source, { onOrder: (order) => orders.push(order) });
    const large = { ...JOB_ORDER, filters: JSON.stringify({ city: ['x'.repeat(100_000)] }) };
    const job = await jobs.create(large, 'ann');
    expect(JSON.stringify(job).length).toBeLessThan(1_000);
    await waitUntil('its turn', () => orders.length > 0);
    expect(orders).toEqual([large]);
    const [row] = await spoor.database.rows<[number]>(sql`
      SELECT countSubstrings(export_order, 'xxxxx') FROM export_jobs FINAL WHERE id = ${param('String', job.id)}`);
    expect(row?.[0]).toBe(20_000);
    end();
    expect(JSON.stringify(await jobs.ended(job.id)).length).toBeLessThan(1_000);
  });

  test('an upload of a job that was deleted while its bucket did not respond is aborted later', async () => {
    const first = await startJobs((_, { signal }) => stuckAfter(LARGE, signal));
    const { id } = await first.create(TO_STORE, 'ann');
    const job = await waitUntil('its upload', async () => {
      const found = await storedJob(id);
      return found?.upload === null ? undefined : found;
    });
    store.onRequest = (method) => (method === 'DELETE' ? 403 : undefined);
    await first.remove(job);
    expect([store.openUploads.length, await storedJob(id)]).toEqual([1, undefined]);
    await first.close();
    store.onRequest = () => undefined;
    await startJobs(() => pieces(SMALL));
    await waitUntil('the upload to be aborted', () => store.openUploads.length === 0);
  });

  async function storedJob(id: string) {
    return new StoredJobs(spoor.database, createVersions(Date.now), Date.now).find(id);
  }

  async function* stuckAfter(bytes: Buffer, signal: AbortSignal): AsyncGenerator<Buffer> {
    yield* pieces(bytes);
    await delay(600_000, undefined, { signal });
  }
});
