import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { CLICK_FORMAT_NAMES } from '../../src/export/click-formats.ts';
import { COMPRESSION_NAMES } from '../../src/export/compressions.ts';
import { EXPORT_FORMAT_NAMES, type ExportFormatName } from '../../src/export/formats.ts';
import { beginExport, bodyOf, leaveExports, runningExports } from '../support/open-exports.ts';
import { runCommand } from '../support/commands.ts';
import { endProcesses, newFolder, processesNaming, startServer, waitUntil } from '../support/process.ts';
import { StalledClient } from '../support/raw-client.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';
import { WIDE_EXPORT, WIDE_RANGE, storeWideClicks } from '../support/wide-export.ts';

/* An export that fails after its first byte never looks whole, whatever its format. */

let spoor: TestSpoor;
beforeAll(async () => {
  // Else what a slow client has not read goes to disk, and an export is whole however its query ends.
  spoor = await startSpoor({ SPOOR_SPOOL_MB: '0' });
  await storeWideClicks(spoor.database);
});
afterEach(async () => {
  leaveExports();
  await endProcesses();
});
afterAll(() => spoor.stop());

test.each([
  ...EXPORT_FORMAT_NAMES.map((format) => `/api/v1/export?${WIDE_EXPORT}&format=${format}`),
  ...CLICK_FORMAT_NAMES.map((format) => `/api/v1/export/clicks?${WIDE_RANGE}&format=${format}`),
  ...COMPRESSION_NAMES.map(
    (name) => `/api/v1/export/clicks?${WIDE_RANGE}&visitors=true&format=csv&compress=${name}`,
  ),
])('as %s over HTTP/1.0, where the end of the connection ends a body', async (target) => {
  const before = await runningExports(spoor.database);
  const head = `GET ${target} HTTP/1.0\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n\r\n`;
  const client = new StalledClient(spoor.url, head);
  await client.begun;
  const [id] = (await runningExports(spoor.database)).filter((one) => !before.includes(one));
  expect(id).toBeDefined();
  await spoor.database.commandText(`KILL QUERY WHERE query_id = '${id}' ASYNC`);
  expect(await client.toEnd()).toContain('reset');
});

/** One whose bytes pass through, and one that is made of rows; their files are too large to be on their way as a whole. */
const KILLED = ['ndjson', 'xml'] as const satisfies readonly ExportFormatName[];

test('as any, when the engine is killed', async () => {
  const settings = {
    SPOOR_DATA_DIR: join(newFolder(), 'data'),
    SPOOR_ADMIN_KEY: ADMIN_KEY,
    SPOOR_RATE_LIMITS: 'off',
  };
  const { url } = await startServer(settings);
  const seeded = await runCommand(['seed', '--clicks', '150000', '--end', '2025-06-01'], settings);
  expect([seeded.code, seeded.stderr]).toEqual([0, expect.anything()]);
  const query =
    'owner_id=*&start_date=2025-01-01&end_date=2025-06-02&interval=10_minute&breakdown=true' +
    '&group_by=time,browser,os,country,city,referrer,short_code&metrics=clicks';
  for (const format of KILLED) {
    await waitUntil('the engine', async () => (await fetch(`${url}/ready`)).status === 200);
    const response = await beginExport(url, `${query}&format=${format}`);
    expect([format, response.statusCode]).toEqual([format, 200]);
    await once(response, 'readable');
    for (const pid of processesNaming(settings.SPOOR_DATA_DIR)) process.kill(pid, 'SIGKILL');
    await expect(bodyOf(response)).rejects.toThrow();
    expect([format, response.complete]).toEqual([format, false]);
  }
  // And the place of each is free again.
  await waitUntil('the engine', async () => (await fetch(`${url}/ready`)).status === 200);
  const after = await beginExport(url, 'owner_id=*&format=json&group_by=browser');
  expect(JSON.parse((await bodyOf(after)).toString('utf8')).summary.total_clicks).toBe(150_000);
}, 90_000);
