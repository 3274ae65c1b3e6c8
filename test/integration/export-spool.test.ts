import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { EXPORT_FORMAT_NAMES } from '../../src/export/formats.ts';
import { beginExport, bodyOf, leaveExports, runningExports } from '../support/open-exports.ts';
import {
  type SpoorProcess,
  endProcesses,
  newFolder,
  processesNaming,
  startServer,
  waitUntil,
} from '../support/process.ts';
import { SEED, seededRandom } from '../support/random.ts';
import { ADMIN_KEY, type TestSpoor, clickHouseSettings, startSpoor } from '../support/spoor.ts';

/** Long cities that deflate badly, so that an archive of them too is far more than the buffers on its way can hold. */
const GROUPS = 90_000;

const WIDE = 'owner_id=big&start_date=2025-01-01&end_date=2025-01-02&group_by=city&metrics=clicks&format=';

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
  await spoor.database.commandText(
    `INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, browser, os, country, city, referrer)
    SELECT 'big', 'big', toDateTime64('2025-01-01 12:00:00', 3, 'UTC'), number, 'Chrome', 'Linux', 'DE',
      arrayStringConcat(arrayMap(part -> hex(sipHash128(number, part)), range(8))), 'Direct' FROM numbers(${GROUPS})`,
  );
});
afterEach(leaveExports);
afterAll(async () => {
  await endProcesses();
  await spoor.stop();
});

interface Serving {
  readonly server: SpoorProcess;
  readonly url: string;
  /** Its spool's folder. */
  readonly folder: string;
}

/** A service in a process of its own, over the clicks that are there. */
async function serve(settings: Readonly<Record<string, string>> = {}): Promise<Serving> {
  const dataDir = settings['SPOOR_DATA_DIR'] ?? join(newFolder(), 'data');
  const started = await startServer({
    ...clickHouseSettings(),
    CLICKHOUSE_DATABASE: spoor.database.name,
    SPOOR_DATA_DIR: dataDir,
    SPOOR_ADMIN_KEY: ADMIN_KEY,
    SPOOR_VISITOR_SECRET: 'a secret of the tests',
    SPOOR_RATE_LIMITS: 'off',
    ...settings,
  });
  return { ...started, folder: join(dataDir, 'spool') };
}

let left: Serving | undefined;

/** A service with the settings that it has by default: the one that another test has left running, if one has. */
async function serving(): Promise<Serving> {
  left ??= await serve();
  const one = left;
  await waitUntil('the spool to be empty', async () => (await spooledBytes(one)) === 0);
  return one;
}

/** Bytes that the spool of a service holds. */
async function spooledBytes({ url }: Pick<Serving, 'url'>): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^spoor_share_in_use\{resource="spool_bytes"\} (\d+)$/m.exec(text)?.[1]);
}

/** Settles once ClickHouse is at no export of the service's clicks any more. */
const queriesDone = (): Promise<true> =>
  waitUntil('the queries to end', async () => (await runningExports(spoor.database)).length === 0);

/** What a text export holds, whenever it was made. */
const isAt = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('latin1')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then');

/** The files of an export, whenever and in whatever blocks they were packed. */
const filesOf = (format: string, bytes: Buffer): string =>
  format !== 'csv' && format !== 'xlsx'
    ? isAt(bytes)
    : Object.entries(unzipSync(bytes))
        .map(([name, content]) => `${name}\n${isAt(content)}`)
        .join('\n');

/** Of a run; each has others. */
const FORMATS_A_RUN = 3;

describe('a client that does not read', () => {
  test(`holds no query, and gets the bytes that a fast one gets (SPOOR_TEST_SEED=${SEED})`, async () => {
    const one = await serving();
    const random = seededRandom(SEED);
    const formats = EXPORT_FORMAT_NAMES.map((format) => ({ format, place: random(1_000_000) }))
      .toSorted((a, b) => a.place - b.place)
      .slice(0, FORMATS_A_RUN)
      .map(({ format }) => format);
    const fast = new Map<string, string>();
    for (const format of formats) {
      fast.set(format, filesOf(format, await bodyOf(await beginExport(one.url, WIDE + format))));
    }
    const slow = await Promise.all(formats.map((format) => beginExport(one.url, WIDE + format)));
    expect(await runningExports(spoor.database)).not.toEqual([]);
    await queriesDone();
    expect(await spooledBytes(one)).toBeGreaterThan(0);
    // Files have no names: nothing stays behind, whatever ends the process.
    expect([readdirSync(one.folder), statSync(one.folder).mode & 0o777]).toEqual([[], 0o700]);
    for (const [index, response] of slow.entries()) {
      const format = formats[index] ?? '';
      const isSame = filesOf(format, await bodyOf(response)) === fast.get(format);
      expect([format, isSame]).toEqual([format, true]);
    }
    await waitUntil('the spool to be empty', async () => (await spooledBytes(one)) === 0);
  }, 300_000);

  test('and leaves frees what was spooled for it at once, at its end or in the middle', async () => {
    const one = await serving();
    const [first, second] = [
      await beginExport(one.url, `${WIDE}json`),
      await beginExport(one.url, `${WIDE}xml`),
    ];
    await waitUntil('the spool to be used', async () => (await spooledBytes(one)) > 0);
    first.destroy();
    await queriesDone();
    second.destroy();
    await waitUntil('the spool to be empty', async () => (await spooledBytes(one)) === 0);
    expect((await fetch(`${one.url}/health`)).status).toBe(200);
  }, 60_000);
});

describe('where the spool has no room', () => {
  /** Reads an export slowly and fast. */
  async function bothWays(serving: Serving, isFull: (slow: IncomingMessage) => Promise<unknown>) {
    const fast = isAt(await bodyOf(await beginExport(serving.url, `${WIDE}json`)));
    const slow = await beginExport(serving.url, `${WIDE}json`);
    await isFull(slow);
    expect((await runningExports(spoor.database)).length).toBe(1);
    expect(isAt(await bodyOf(slow)) === fast).toBe(true);
    await waitUntil('the spool to be empty', async () => (await spooledBytes(serving)) === 0);
  }

  test('for more of a holder, the query waits for the reader, and nothing is lost', async () => {
    const serving = await serve({ SPOOR_SPOOL_MB: '8' });
    const owners = 4_194_304;
    await bothWays(serving, () =>
      waitUntil('the spool to be full', async () => {
        const bytes = await spooledBytes(serving);
        expect(bytes).toBeLessThanOrEqual(owners);
        return bytes > owners - 262_144;
      }),
    );
  }, 60_000);

  test('because the data directory takes no files, or none is wanted, likewise', async () => {
    const dataDir = join(newFolder(), 'data');
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(join(dataDir, 'spool'), 'not a folder');
    for (const settings of [{ SPOOR_DATA_DIR: dataDir }, { SPOOR_SPOOL_MB: '0' }]) {
      const serving = await serve(settings);
      await bothWays(serving, async () => {});
      expect(await spooledBytes(serving)).toBe(0);
    }
    expect(readFileSync(join(dataDir, 'spool'), 'utf8')).toBe('not a folder');
  }, 60_000);
});

test('what a killed process left is gone with it, or at the next start', async () => {
  const { server, url, folder } = await serving();
  left = undefined;
  await beginExport(url, `${WIDE}json`);
  await waitUntil('the spool to be used', async () => (await spooledBytes({ url })) > 0);
  server.signal('SIGKILL');
  await server.ended;
  expect(readdirSync(folder)).toEqual([]);
  // As it is when the kill falls between the making of a file and the taking away of its name.
  writeFileSync(join(folder, randomBytes(16).toString('hex')), 'a part');
  const again = await serve({ SPOOR_DATA_DIR: join(folder, '..') });
  expect(readdirSync(again.folder)).toEqual([]);
}, 60_000);

test('a query that fails while its result is spooled breaks the connection', async () => {
  const settings = {
    CLICKHOUSE_URL: '',
    CLICKHOUSE_USER: '',
    CLICKHOUSE_PASSWORD: '',
    CLICKHOUSE_CLUSTER: '',
    CLICKHOUSE_DATABASE: '',
    SPOOR_DATA_DIR: join(newFolder(), 'data'),
  };
  const serving = await serve(settings);
  const clicks = Array.from({ length: 80_000 }, () => ({
    short_code: 'x',
    city: randomBytes(60).toString('hex'),
  }));
  const sent = await fetch(`${serving.url}/api/v1/clicks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(clicks),
  });
  expect(sent.status).toBe(200);
  const response = await beginExport(
    serving.url,
    'owner_id=*&format=xml&group_by=time,browser,os,country,city,referrer,short_code&breakdown=true',
  );
  await waitUntil('the spool to be used', async () => (await spooledBytes(serving)) > 0);
  for (const pid of processesNaming(settings.SPOOR_DATA_DIR)) process.kill(pid, 'SIGKILL');
  await expect(bodyOf(response)).rejects.toThrow();
  expect(response.complete).toBe(false);
  await waitUntil('the spool to be empty', async () => (await spooledBytes(serving)) === 0);
}, 90_000);
