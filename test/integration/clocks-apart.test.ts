import { randomBytes } from 'node:crypto';
import { type ClientRequest, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { param, sql } from '../../src/sql/sql.ts';
import { endProcesses, newFolder, stopSharing, waitUntil } from '../support/process.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';

/* Two instances on one ClickHouse, one an hour ahead of the other. What each acknowledges holds for both, also after they start anew. */

const HOUR_MS = 3_600_000;
const CLOCKS = [HOUR_MS, 0] as const;
/** Either may be the one that makes a thing, and the one that changes it. */
const ORDERS = [
  ['right', 1, 'ahead', 0],
  ['ahead', 0, 'right', 1],
] as const;

/** So many are imported before the last has come. */
const LINES = 25_000;

const settings = CLOCKS.map(() => ({ SPOOR_DATA_DIR: newFolder() }));
const database = { CLICKHOUSE_DATABASE: `test_${randomBytes(6).toString('hex')}` };
const spoors: TestSpoor[] = [];

const start = async (place: number, clock: number) =>
  startSpoor({ ...database, ...settings[place] }, { now: () => Date.now() + clock });
beforeAll(async () => {
  for (const [place, clock] of CLOCKS.entries()) spoors.push(await start(place, clock));
});
afterAll(async () => {
  await stopSharing(spoors);
  await endProcesses();
});

let isTurned = false;

/** Each has the other's clock then. */
async function restart(): Promise<void> {
  isTurned = !isTurned;
  for (const [place, spoor] of spoors.entries()) {
    await spoor.running.stop();
    await spoor.database.close();
    spoors[place] = await start(place, CLOCKS[isTurned ? 1 - place : place] ?? 0);
  }
}

const at = (place: number): TestSpoor => {
  const spoor = spoors[place];
  if (spoor === undefined) throw new Error('There are two.');
  return spoor;
};
/** What both respond with. */
const both = async (path: string, pick: (json: any) => unknown) =>
  Promise.all(
    spoors.map(async (spoor) => {
      const { status, json } = await spoor.send('GET', path);
      return status === 200 ? pick(json) : status;
    }),
  );
const twice = (value: unknown) => [value, value];

const SCHEDULE = { cron: '0 3 * * *', range: 'yesterday', format: 'csv' };

test.each(ORDERS)('a segment made by the one %s (%i) and changed by the one %s (%i)', async (...order) => {
  const [, maker, , changer] = order;
  const path = `/api/v1/segments/${order.join('-')}`;
  const put = async (place: number, browser: string) =>
    (await at(place).send('PUT', path, { json: { filters: { browser } } })).status;
  const seen = () => both(path, ({ filters }) => filters);
  expect(await put(maker, 'made')).toBe(201);
  expect(await put(changer, 'changed')).toBe(200);
  expect(JSON.stringify(await seen())).toMatch(/changed.*changed/);
  expect((await at(changer).send('DELETE', path)).status).toBe(204);
  expect(await seen()).toEqual(twice(404));
  expect(await put(maker, 'again')).toBe(201);
  expect((await at(changer).send('DELETE', path)).status).toBe(204);
  expect(await put(changer, 'last')).toBe(201);
  expect((await at(maker).send('DELETE', path)).status).toBe(204);
  await restart();
  expect(await seen()).toEqual(twice(404));
});

test.each(ORDERS)('a schedule made by the one %s (%i) and changed by the one %s (%i)', async (...order) => {
  const [, maker, , changer] = order;
  const { id } = (await at(maker).send('POST', '/api/v1/schedules', { json: SCHEDULE })).json;
  const path = `/api/v1/schedules/${id}`;
  const change = async (place: number, name: string) =>
    (
      await at(place).send('PUT', path, {
        json: { ...SCHEDULE, name, webhook: { url: `https://example.com/${name}` } },
      })
    ).status;
  const seen = () => both(path, ({ name, webhook }) => [name, webhook?.url]);
  for (const [place, name] of [
    [changer, 'first'],
    [maker, 'second'],
    [changer, 'third'],
  ] as const) {
    expect(await change(place, name)).toBe(200);
    expect(await seen()).toEqual(twice([name, `https://example.com/${name}`]));
  }
  expect((await at(changer).send('DELETE', path)).status).toBe(204);
  expect(await seen()).toEqual(twice(404));
  await restart();
  expect(await seen()).toEqual(twice(404));
});

test.each(ORDERS)(
  'an export of the one %s (%i), deleted while its clock is of the other (%s, %i)',
  async (...order) => {
    const [, maker] = order;
    const json = { format: 'csv', start_date: '2026-01-01', end_date: '2026-01-02' };
    const { id } = (await at(maker).send('POST', '/api/v1/exports', { json })).json;
    const path = `/api/v1/exports/${id}`;
    await waitUntil('the export', async () => (await at(maker).send('GET', path)).json.status === 'done');
    await restart();
    expect(await both(path, ({ status }) => status)).toEqual(twice('done'));
    expect((await at(maker).send('DELETE', path)).status).toBe(204);
    expect(await both(path, ({ status }) => status)).toEqual(twice(404));
    await restart();
    expect(await both(path, ({ status }) => status)).toEqual(twice(404));
  },
);

/** More imports of an owner than are kept. @returns how many there are */
async function manyImports(owner: string): Promise<() => Promise<number>> {
  await at(0).database.command(sql`
    INSERT INTO imports (id, owner_id, options, state, report, started_at, version)
    SELECT number, ${param('String', owner)}, '{}', 'done', '{}', now64(3), 1
    FROM numbers(cityHash64(${param('String', owner)}) % 1000000000, 10002)`);
  return async () => {
    const [row] = await at(0).database.rows<[number]>(
      sql`SELECT toUInt32(uniqExact(id)) FROM imports WHERE owner_id = ${param('String', owner)}`,
    );
    return row?.[0] ?? 0;
  };
}

test.each(ORDERS)(
  'an import by the one %s (%i), undone by the one %s (%i) once it has ended',
  async (...order) => {
    const [, maker, , changer] = order;
    const file = order.join('-');
    const sending: ClientRequest = request(`${at(maker).url}/api/v1/imports?owner=me&file=${file}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    const lines = Array.from({ length: LINES }, (_, second) =>
      JSON.stringify({ short_code: file, clicked_at: 1_767_225_600 + second }),
    );
    sending.on('error', () => {}).write(lines.map((line) => `${line}\n`).join(''));
    const { id } = await waitUntil('the import', async () => {
      const { items } = (await at(maker).send('GET', '/api/v1/imports')).json;
      return items.find((one: any) => one.file === file);
    });
    const path = `/api/v1/imports/${id}`;
    // Whatever their clocks say, it is not lost: its client is only slow.
    expect(await both(path, ({ state }) => state)).toEqual(twice('running'));
    expect((await at(changer).send('DELETE', path)).status).toBe(409);
    sending.end();
    await waitUntil('its end', async () => (await at(maker).send('GET', path)).json.state === 'done');
    expect((await at(changer).send('DELETE', path)).json).toEqual({ removed_clicks: LINES, removed_urls: 1 });
    expect(await both(path, ({ state }) => state)).toEqual(twice('undone'));
    const kept = await manyImports(file);
    await restart();
    await waitUntil('the oldest to be removed', async () => (await kept()) === 10_000);
    expect(await both(path, ({ state }) => state)).toEqual(twice('undone'));
  },
);
