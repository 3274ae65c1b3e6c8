import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { beginExport, bodyOf, leaveExports } from '../support/open-exports.ts';
import { type SpoorProcess, endProcesses, newFolder, startServer, waitUntil } from '../support/process.ts';
import { ADMIN_KEY, type TestSpoor, clickHouseSettings, startSpoor } from '../support/spoor.ts';

/** Far more than the buffers between a service and a client can hold. */
const GROUPS = 200_000;

/** A public link, which anybody may export. */
const LINK =
  'scope=anon&short_code=big&start_date=2025-01-01&end_date=2025-01-02&group_by=city&metrics=clicks&format=xml';

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
  await spoor.send('PUT', '/api/v1/urls/big', { json: { owner_id: 'big', private_stats: false } });
  await spoor.database.commandText(
    `INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, browser, os, country, city, referrer)
    SELECT 'big', 'big', toDateTime64('2025-01-01 12:00:00', 3, 'UTC'), number, 'Chrome', 'Linux', 'DE',
      concat('A city of some length, number ', toString(number)), 'Direct' FROM numbers(${GROUPS})`,
  );
});
afterEach(leaveExports);
afterAll(async () => {
  await endProcesses();
  await spoor.stop();
});

const serve = (settings: Readonly<Record<string, string>> = {}) =>
  startServer({
    ...clickHouseSettings(),
    CLICKHOUSE_DATABASE: spoor.database.name,
    SPOOR_DATA_DIR: join(newFolder(), 'data'),
    SPOOR_ADMIN_KEY: ADMIN_KEY,
    SPOOR_VISITOR_SECRET: 'a secret of the tests',
    SPOOR_RATE_LIMITS: 'off',
    ...settings,
  });

test('a stranger who reads nothing of four exports has two of them, and leaves room for others', async () => {
  const { url } = await serve({ SPOOR_TRUST_PROXY: '1' });
  const from = (address: string) => ({ key: null, headers: { 'x-forwarded-for': address } });
  const four = await Promise.all(Array.from({ length: 4 }, () => beginExport(url, LINK, from('192.0.2.1'))));
  expect(four.map(({ statusCode = 0 }) => statusCode).toSorted((a, b) => a - b)).toEqual([
    200, 200, 503, 503,
  ]);
  const others = await Promise.all([
    beginExport(url, LINK, { key: await spoor.createKey('other') }),
    beginExport(url, LINK, from('192.0.2.2')),
  ]);
  for (const other of others) {
    expect(other.statusCode).toBe(200);
    expect((await bodyOf(other)).toString('latin1').endsWith('</export>')).toBe(true);
  }
}, 60_000);

describe('while all slots are held by slow readers', () => {
  let server: SpoorProcess;
  let url: string;
  beforeAll(async () => {
    ({ server, url } = await serve({ SPOOR_MAX_EXPORTS: '4' }));
  });
  /** What another test has left takes its slot until it is noticed. */
  const allFree = () =>
    waitUntil('all slots to be free', async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return !/^spoor_share_in_use\{resource="exports"\} [1-9]/m.test(metrics);
    });

  test('an owner without one gets the slot of one of theirs, whose client sees an error', async () => {
    await allFree();
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((owner) => spoor.createKey(owner)));
    if (a === undefined || b === undefined || c === undefined) throw new Error('No keys.');
    const slow = await Promise.all([a, a, b, b].map((key) => beginExport(url, LINK, { key })));
    expect(slow.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200]);
    const got = await waitUntil('a slot', async () => {
      const asked = await beginExport(url, LINK, { key: c });
      return asked.statusCode === 200 && asked;
    });
    expect((await bodyOf(got)).toString('latin1').endsWith('</export>')).toBe(true);
    expect(await server.logged('an export was cut')).toMatchObject({
      failure: 'slow, and others waited for its slot',
    });
    const read = await Promise.allSettled(slow.map((response) => bodyOf(response)));
    expect(read.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  }, 60_000);

  test('one who has as much as they have waits', async () => {
    await allFree();
    const owners = await Promise.all(['a', 'b'].map((owner) => spoor.createKey(owner)));
    const slow = await Promise.all([...owners, ...owners].map((key) => beginExport(url, LINK, { key })));
    // They are slow long enough when the third of these has waited.
    for (let time = 0; time < 3; time++) {
      expect((await beginExport(url, LINK, { key: owners[0] ?? '' })).statusCode).toBe(503);
    }
    await Promise.all(slow.map((response) => bodyOf(response)));
  }, 60_000);
});
