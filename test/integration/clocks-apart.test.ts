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

/** How long an instance did not run, milliseconds. */
const pauses = [0, 0];

const start = async (place: number, clock: number) =>
  startSpoor({ ...database, ...settings[place] }, { now: () => Date.now() + clock + (pauses[place] ?? 0) });
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

/** More imports of an owner than are kept, and URLs that it deleted long ago. @returns how many there are of both */
async function surplus(owner: string): Promise<() => Promise<readonly [number, number]>> {
  const name = param('String', owner);
  await at(0).database.command(sql`
    INSERT INTO imports (id, owner_id, options, state, report, started_at, version)
    SELECT number, ${name}, '{}', 'done', '{}', now64(3), 1 FROM numbers(cityHash64(${name}) % 1000000000, 10002)`);
  await at(0).database.command(sql`
    INSERT INTO urls (short_code, owner_id, created_at, private_stats, is_deleted, version)
    SELECT ${name} || toString(number), ${name}, now64(3), true, true, 1 FROM numbers(1500)`);
  return async () => {
    const [row = [0, 0]] = await at(0).database.rows<[number, number]>(sql`
      SELECT (SELECT toUInt32(uniqExact(id)) FROM imports WHERE owner_id = ${name}),
        (SELECT toUInt32(count()) FROM urls WHERE owner_id = ${name})`);
    return row;
  };
}

/** Sends lines of an import whose end does not come yet. */
async function begun(place: number, file: string) {
  const sending: ClientRequest = request(`${at(place).url}/api/v1/imports?owner=me&file=${file}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  const status = new Promise<number | undefined>((resolve) => {
    sending.once('response', (response) => resolve(response.resume().statusCode));
  });
  const lines = Array.from({ length: LINES }, (_, second) =>
    JSON.stringify({ short_code: file, clicked_at: 1_767_225_600 + second }),
  );
  sending.on('error', () => {}).write(lines.map((line) => `${line}\n`).join(''));
  const { id } = await waitUntil('the import', async () => {
    const { items } = (await at(place).send('GET', '/api/v1/imports')).json;
    return items.find((one: any) => one.file === file);
  });
  return { sending, status, path: `/api/v1/imports/${id}` };
}

/** Undoes an import of another instance, as if that had not been heard of for a minute. */
async function undoLost(place: number, path: string): Promise<void> {
  const id = BigInt(`0x${path.split('/').at(-1)}`);
  await waitUntil('the import to be lost', async () => {
    await at(place).database.command(
      sql`ALTER TABLE imports UPDATE written_at = now64(3) - INTERVAL 61 SECOND WHERE toString(id) = ${param('String', String(id))}`,
      { mutations_sync: '2' },
    );
    const { status } = await at(place).send('DELETE', path);
    expect([200, 409]).toContain(status);
    return status === 200;
  });
}

const countOf = async (code: string): Promise<number> => {
  const [row] = await at(0).database.rows<[number]>(
    sql`SELECT toUInt32(count()) FROM clicks WHERE short_code = ${param('String', code)}`,
  );
  return row?.[0] ?? 0;
};

test.each([
  ['for a minute', 61_000],
  ['for a moment', 0],
])(
  'an import that was undone through another instance while its own did not run, %s, adds nothing',
  async (name, pause) => {
    const code = `stopped-${pause}`;
    const { sending, status, path } = await begun(0, code);
    await waitUntil('the first batch', async () => (await at(0).send('GET', path)).json.accepted > 0);
    await undoLost(1, path);
    expect(await countOf(code)).toBe(0);
    pauses[0] = pause;
    sending.end();
    expect(await status).toBe(409);
    expect([await countOf(code), await both(path, ({ state }) => state)]).toEqual([0, twice('undone')]);
    // Instances learn of each other's URLs within 2 s.
    await waitUntil(
      'the URL to be gone',
      async () => String(await both(`/api/v1/urls/${code}`, () => name)) === '404,404',
    );
  },
);

test('a followed import that was undone or continued through another instance does not go on in its own', async () => {
  const send = async (place: number, code: string, query: Readonly<Record<string, string>>) =>
    at(place).send('POST', '/api/v1/imports', {
      query: { owner: 'me', format: 'ndjson', ...query },
      ndjson: [{ short_code: code, clicked_at: 1_767_225_600 + Number(query['part']) }],
    });
  for (const code of ['followed-undone', 'followed-elsewhere']) {
    const { id } = (await send(0, code, { part: '1' })).json;
    const path = `/api/v1/imports/${id}`;
    if (code === 'followed-undone') await undoLost(1, path);
    else expect((await send(1, code, { part: '1', import_id: id })).status).toBe(200);
    expect((await send(0, code, { part: '2', import_id: id })).status).toBe(409);
    const isUndone = code === 'followed-undone';
    expect(await both(path, ({ state }) => state)).toEqual(twice(isUndone ? 'undone' : 'running'));
    expect(await countOf(code)).toBe(isUndone ? 0 : 2);
  }
});

test.each(ORDERS)(
  'an import by the one %s (%i), undone by the one %s (%i) once it has ended',
  async (...order) => {
    const [, maker, , changer] = order;
    const file = order.join('-');
    const { sending, path } = await begun(maker, file);
    // Whatever their clocks say, it is not lost: its client is only slow.
    expect(await both(path, ({ state }) => state)).toEqual(twice('running'));
    expect((await at(changer).send('DELETE', path)).status).toBe(409);
    sending.end();
    await waitUntil('its end', async () => (await at(maker).send('GET', path)).json.state === 'done');
    expect((await at(changer).send('DELETE', path)).json).toEqual({ removed_clicks: LINES, removed_urls: 1 });
    expect(await both(path, ({ state }) => state)).toEqual(twice('undone'));
    const kept = await surplus(file);
    await restart();
    await waitUntil('them to be removed', async () => String(await kept()) === '10000,0');
    expect(await both(path, ({ state }) => state)).toEqual(twice('undone'));
  },
);

/** The owners that the same log is imported for, through one instance and the other. */
const IMPORTERS = [
  [{ owner: 'me' }, { owner: 'me' }],
  [{ owner: 'me' }, { owner: 'admin', any_owner: 'true' }],
  [
    { owner: 'admin', any_owner: 'true' },
    { owner: 'other', any_owner: 'true' },
  ],
] as const;

test.each([5, LINES].flatMap((count) => IMPORTERS.map((importers) => [count, importers] as const)))(
  'the same log of %i lines, imported through both at once by %j, counts once',
  async (count, importers) => {
    for (let log = 0; log < 3; log++) {
      const code = `twice-${randomBytes(6).toString('hex')}`;
      // Without this URL the second one's lines of it belong to another owner.
      if (log > 0) await at(0).send('PUT', `/api/v1/urls/${code}`, { json: { owner_id: 'me' } });
      const lines = Array.from({ length: count }, (_, line) => ({
        short_code: code,
        clicked_at: Date.UTC(2026, 0, 1) + line * 60_000,
      }));
      const reports = await Promise.all(
        spoors.map((spoor, place) =>
          spoor.send('POST', '/api/v1/imports', {
            query: { ...importers[place], format: 'ndjson' },
            ndjson: lines,
          }),
        ),
      );
      const sum = (name: string) => reports.reduce((total, { json }) => total + json[name], 0);
      expect([sum('read'), sum('accepted'), sum('known')]).toEqual([2 * count, count, count]);
      const condition = sql`short_code = ${param('String', code)}`;
      expect(await at(0).database.rows(sql`SELECT count() FROM clicks WHERE ${condition}`)).toEqual([
        [count],
      ]);
    }
  },
);
