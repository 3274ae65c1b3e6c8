import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type DroppedClicks, Spoor } from '../../src/client/spoor.ts';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import { sql } from '../../src/sql/sql.ts';
import { seededRandom } from '../support/random.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';
import { type Answer, ToldServer, cut, json } from '../support/told-server.ts';

const SEED = 26;
const CLICKS = 3_000;

let service: TestSpoor;
let key: string;
/** Stands before the service, and lets requests and responses be lost. */
let proxy: ToldServer;
let client: Spoor;
beforeAll(async () => {
  service = await startSpoor();
  key = await service.createKey('me');
  proxy = await ToldServer.start(careless(seededRandom(SEED)));
  client = new Spoor({ url: service.url, key });
});
afterAll(async () => {
  await client.close();
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

test('no click is lost or counted twice while requests and responses are lost at random', async () => {
  const dropped: DroppedClicks[] = [];
  const errors: string[] = [];
  const spoor = new Spoor({
    url: proxy.url,
    key,
    batchClicks: 150,
    parallelRequests: 4,
    onDrop: (one) => dropped.push(one),
    onError: ({ code }) => errors.push(code),
  });
  for (let id = 0; id < CLICKS; id++) {
    // Equal clicks but for their id, which the service does not tell clicks apart by.
    spoor.track({ short_code: 'launch', click_id: `c-${id}` });
  }
  await spoor.close();
  expect(dropped).toEqual([]);
  expect(new Set(errors)).toEqual(new Set(['unavailable', 'network_error']));
  const [counts] = await service.database.rows(
    sql`SELECT toUInt32(count()), toUInt32(uniqExact(click_id)) FROM clicks`,
  );
  expect([SEED, counts]).toEqual([SEED, [CLICKS, CLICKS]]);
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
    const own = code.replace("'clicks.xlsx'", JSON.stringify(join(folder, 'clicks.xlsx')));
    const env = { PATH: process.env['PATH'] ?? '', SPOOR_URL: service.url, SPOOR_API_KEY: key };
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', own], {
      cwd: PACKAGE_ROOT,
      env,
    });
    expect((await run).stderr).toBe('');
    if (own !== code) expect(readFileSync(join(folder, 'clicks.xlsx')).subarray(0, 2).toString()).toBe('PK');
    rmSync(folder, { recursive: true });
  },
);

test('docs/client.md has examples', () => {
  expect(examples).toHaveLength(3);
});
