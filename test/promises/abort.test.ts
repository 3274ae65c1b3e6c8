import { once } from 'node:events';
import { get } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { EXPORT_FORMAT_NAMES } from '../../src/export/formats.ts';
import { beginExport, leaveExports, runningExports } from '../support/open-exports.ts';
import { waitUntil } from '../support/process.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';
import { WIDE_EXPORT, storeWideClicks } from '../support/wide-export.ts';

/* A client that goes away takes its ClickHouse query with it, whatever format it asked for, and its place is free again. */

/** A second is what is promised; the rest is for asking, on a machine that does other things as well. */
const ENDED_MS = 3_000;

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

test.each(EXPORT_FORMAT_NAMES)('in the middle of a file (%s)', async (format) => {
  const before = await runningExports(spoor.database);
  const response = await beginExport(spoor.url, `${WIDE_EXPORT}&format=${format}`);
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
