import { once } from 'node:events';
import { get } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { CLICK_FORMAT_NAMES } from '../../src/export/click-formats.ts';
import { EXPORT_FORMAT_NAMES } from '../../src/export/formats.ts';
import { beginExport, leaveExports, runningExports } from '../support/open-exports.ts';
import { waitUntil } from '../support/process.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';
import { WIDE_EXPORT, WIDE_RANGE, storeWideClicks } from '../support/wide-export.ts';

/* A client that goes away takes its ClickHouse query with it, whatever format it asked for, and its place is free again. */

/** A second is what is promised; the rest is for asking, on a machine that does other things as well. */
const ENDED_MS = 3_000;

const EVERY_EXPORT = [
  ...EXPORT_FORMAT_NAMES.map((format) => ['statistics', format, '/api/v1/export'] as const),
  ...CLICK_FORMAT_NAMES.map((format) => ['clicks', format, '/api/v1/export/clicks'] as const),
];

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor({ SPOOR_MAX_EXPORTS: '1' });
  await storeWideClicks(spoor.database);
});
afterEach(() => leaveExports());
afterAll(() => spoor.stop());

const small = async (): Promise<number> =>
  (await spoor.send('GET', '/api/v1/export', { query: { format: 'json', owner_id: 'nobody' } })).status;

const ask = (path: string) => {
  const request = get(spoor.url + path, { headers: { authorization: `Bearer ${ADMIN_KEY}` }, agent: false });
  request.on('error', () => {});
  return request;
};

test.each(EVERY_EXPORT)('in the middle of a file of %s as %s', async (_, format, path) => {
  const before = await runningExports(spoor.database);
  const what = path.endsWith('clicks') ? WIDE_RANGE : WIDE_EXPORT;
  const response = await beginExport(spoor.url, `${what}&format=${format}`, { path });
  expect(response.statusCode).toBe(200);
  await once(response, 'readable');
  const [query, ...others] = (await runningExports(spoor.database)).filter((id) => !before.includes(id));
  expect([typeof query, others]).toEqual(['string', []]);
  response.destroy();
  const left = Date.now();
  await waitUntil(
    'the query to end',
    async () => !(await runningExports(spoor.database)).includes(query ?? ''),
  );
  expect(Date.now() - left).toBeLessThan(ENDED_MS);
  expect(await small()).toBe(200);
});

test('while it waits for its place, which goes to the next', async () => {
  const before = await runningExports(spoor.database);
  const first = await beginExport(spoor.url, `${WIDE_EXPORT}&format=xml`);
  const second = ask(`/api/v1/export?${WIDE_EXPORT}&format=xml`);
  await once(second, 'finish');
  second.destroy();
  first.destroy();
  expect(await small()).toBe(200);
  const isNew = (id: string): boolean => !before.includes(id);
  await waitUntil('the queries to end', async () => !(await runningExports(spoor.database)).some(isNew));
});
