import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { MAX_ROWS_EACH } from '../../src/clickhouse/tombstones.ts';
import { createVersions } from '../../src/clickhouse/row-versions.ts';
import { dueRun } from '../../src/schedules/due-run.ts';
import { ScheduleRuns } from '../../src/schedules/schedule-runs.ts';
import { MAX_SCHEDULES, ScheduleStore } from '../../src/schedules/schedule-store.ts';
import { WEBHOOK_DELAYS } from '../../src/schedules/back-off.ts';
import { param, sql } from '../../src/sql/sql.ts';
import { waitUntil } from '../support/process.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';
import { type ReceivedCall, WebhookReceiver } from '../support/webhook-receiver.ts';

const PATH = '/api/v1/schedules';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A bucket whose store takes connections and never answers. */
const asked = new Set<Socket>();
const silent = createServer((socket) => void asked.add(socket));

const settings: Record<string, string> = {
  CLICKHOUSE_DATABASE: `test_${randomBytes(6).toString('hex')}`,
  SPOOR_WEBHOOK_PRIVATE: 'allow',
};
let clock = Date.now();
let spoor: TestSpoor;
let receiver: WebhookReceiver;
/** Of each test another one, with a key, and a link of its name. */
let owner: string;
let key: string;
/** Of the owners of a test. */
const keys: string[] = [];

const start = () => startSpoor(settings, { now: () => clock });
beforeAll(async () => {
  receiver = await WebhookReceiver.start();
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const { port } = silent.address() as AddressInfo;
  settings['SPOOR_EXPORT_DESTINATIONS'] = JSON.stringify({
    silent: {
      endpoint: `http://127.0.0.1:${port}`,
      bucket: 'exports',
      access_key_id: 'id',
      secret_access_key: 'secret',
    },
  });
  spoor = await start();
});
afterAll(async () => {
  await spoor.stop();
  receiver.stop();
  for (const socket of asked) socket.destroy();
  silent.close();
});
let tests = 0;
beforeEach(async () => {
  owner = `owner ${++tests}`;
  key = await createKey(owner);
  receiver.status = 200;
  receiver.take();
});
/** Schedules that are left would run in later tests. */
afterEach(async () => {
  for (const one of keys.splice(0)) {
    const { items } = (await spoor.send('GET', PATH, { key: one })).json;
    for (const { id } of items) await spoor.send('DELETE', `${PATH}/${id}`, { key: one });
  }
});

async function createKey(of: string, scopes?: readonly string[]): Promise<string> {
  const created = await spoor.createKey(of, scopes);
  keys.push(created);
  return created;
}

const DAILY = { cron: '0 3 * * *', range: 'yesterday', format: 'csv' };

async function create(wanted: Readonly<Record<string, unknown>>) {
  const { status, json } = await spoor.send('POST', PATH, { key, json: wanted });
  expect([status, json]).toEqual([201, expect.objectContaining({ id: expect.any(String) })]);
  return json;
}

const withWebhook = (wanted: object) => ({ ...wanted, webhook: { url: receiver.url } });

const runsOf = async (id: string) => (await spoor.send('GET', `${PATH}/${id}/runs`, { key })).json.items;

/** The next time at 3 o'clock. */
const nextNight = (): number => Math.floor((clock - 3 * HOUR) / DAY) * DAY + DAY + 3 * HOUR;

async function runAt(time: number): Promise<void> {
  clock = time;
  await spoor.running.runSchedules();
}

/** Sends so many clicks of a moment. */
async function click(count: number, at: number): Promise<void> {
  const clicked_at = new Date(at).toISOString();
  const clicks = Array.from({ length: count }, () => ({ short_code: owner, clicked_at }));
  expect((await spoor.send('POST', '/api/v1/clicks', { key, ndjson: clicks })).json.accepted).toBe(count);
}

function isSigned({ id, timestamp, signature, body }: ReceivedCall, secret: string): boolean {
  return new Webhook(secret).sign(id, new Date(timestamp * 1_000), body) === signature;
}

describe('an export', () => {
  test('writes the file of the day before, once, and tells so', async () => {
    const night = nextNight();
    await click(3, night - 20 * HOUR);
    const {
      id,
      webhook_secret: secret,
      next_run_at,
    } = await create(withWebhook({ ...DAILY, format: 'json' }));
    expect(next_run_at).toBe(new Date(night).toISOString());
    await runAt(night - 1);
    expect(await runsOf(id)).toEqual([]);
    await runAt(night);
    await runAt(night + MINUTE);
    const [run, ...others] = await runsOf(id);
    const [from, before] = [night - 27 * HOUR, night - 3 * HOUR].map((time) => new Date(time).toISOString());
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      due_at: new Date(night).toISOString(),
      status: 'done',
      attempts: 1,
      next_attempt_at: null,
      window: { from, before },
      webhook: { event: 'export.done', status: 'delivered', attempts: 1 },
    });
    const file = await spoor.send('GET', `/api/v1/exports/${run.export_id}/file`, { key });
    const asked = { format: 'json', start_date: from ?? '', end_date: String(night - 3 * HOUR - 1) };
    const direct = await spoor.send('GET', '/api/v1/export', { key, query: asked });
    expect({ ...file.json, generated_at: '' }).toEqual({ ...direct.json, generated_at: '' });
    expect(file.json.summary.total_clicks).toBe(3);
    expect(file.headers.get('content-disposition')).toContain(run.file_name);
    const calls = receiver.take();
    expect(calls.map(({ event }) => event)).toEqual([
      {
        type: 'export.done',
        timestamp: run.finished_at,
        data: {
          schedule_id: id,
          schedule_name: null,
          due_at: run.due_at,
          window: { from, before },
          export_id: run.export_id,
          file: run.file_name,
          rows: run.rows,
          bytes: run.bytes,
        },
      },
    ]);
    expect(calls.map((call) => isSigned(call, secret))).toEqual([true]);
  });

  test('of times that passed while Spoor was down is made for the last one', async () => {
    const { id } = await create(DAILY);
    const night = nextNight();
    await spoor.running.stop();
    clock = night + 5 * DAY + HOUR;
    spoor = await start();
    await spoor.running.runSchedules();
    const runs = await runsOf(id);
    expect(runs.map((run: any) => [run.due_at, run.status])).toEqual([
      [new Date(night + 5 * DAY).toISOString(), 'done'],
    ]);
  });

  test('of clicks since the last run has each in exactly one file, while they arrive through two instances', async () => {
    const arrivals = await createKey('arrivals', ['clicks:read', 'clicks:write']);
    const second = await startSpoor({ ...settings, SPOOR_SCHEDULES: 'off' }, { now: () => clock });
    const sent: string[] = [];
    const over = new AbortController();
    const write = async (to: TestSpoor, name: string): Promise<void> => {
      for (let batch = 0; !over.signal.aborted; batch++) {
        const ids = Array.from({ length: 20 }, (_, place) => `${name}-${batch}-${place}`);
        const clicks = ids.map((click_id, place) => {
          // Some lie ahead, as far as they may.
          const clicked_at = new Date(clock + (place - 15) * 5 * HOUR).toISOString();
          return { short_code: 'arriving', click_id, clicked_at };
        });
        const { json } = await to.send('POST', '/api/v1/clicks', { key: arrivals, ndjson: clicks });
        expect(json.accepted).toBe(clicks.length);
        sent.push(...ids);
      }
    };
    try {
      const wanted = {
        cron: '* * * * *',
        range: 'since_last_run',
        what: 'clicks',
        format: 'csv',
        fields: 'click_id',
      };
      const { json } = await spoor.send('POST', PATH, { key: arrivals, json: wanted });
      const writers = [write(spoor, 'first'), write(second, 'second'), write(second, 'third')];
      const minute = Math.ceil(clock / MINUTE) * MINUTE;
      for (let run = 1; run <= 4; run++) await runAt(minute + run * MINUTE);
      over.abort();
      await Promise.all(writers);
      await runAt(minute + 5 * MINUTE);
      const { items: runs } = (await spoor.send('GET', `${PATH}/${json.id}/runs`, { key: arrivals })).json;
      expect(runs.map(({ status }: any) => status)).toEqual(Array(5).fill('done'));
      const windows = runs.map(({ window }: any) => window).toReversed();
      expect(windows.slice(1).map(({ from }: any) => from)).toEqual(
        windows.slice(0, -1).map(({ before }: any) => before),
      );
      const ids: string[] = [];
      for (const { export_id: id, rows } of runs) {
        const { text } = await spoor.send('GET', `/api/v1/exports/${id}/file`, { key: arrivals });
        const [head, ...lines] = text.trimEnd().replaceAll('"', '').split('\r\n');
        expect(head).toBe('click_id');
        expect(lines).toHaveLength(rows);
        ids.push(...lines);
      }
      expect(ids.toSorted()).toEqual(sent.toSorted());
    } finally {
      over.abort();
      await second.running.stop();
      await second.database.close();
    }
  });

  test('that cannot succeed is given up, and tells so', async () => {
    await spoor.send('PUT', '/api/v1/segments/gone', { key, json: { filters: { browser: 'x' } } });
    const { id } = await create(withWebhook({ ...DAILY, segment: 'gone' }));
    await spoor.send('DELETE', '/api/v1/segments/gone', { key });
    await runAt(nextNight());
    const [run] = await runsOf(id);
    expect(run).toMatchObject({ status: 'failed', attempts: 1, error: expect.stringContaining('gone') });
    expect(receiver.take().map(({ event }) => [event.type, event.data.error])).toEqual([
      ['export.failed', run.error],
    ]);
  });

  test('of a schedule that was deleted is not made', async () => {
    const { id } = await create(withWebhook(DAILY));
    expect((await spoor.send('DELETE', `${PATH}/${id}`, { key })).status).toBe(204);
    await runAt(nextNight());
    expect((await spoor.send('GET', `${PATH}/${id}/runs`, { key })).status).toBe(404);
    expect(receiver.take()).toEqual([]);
  });
});

test('exports that wait for a store that never answers hold up nothing else of their owner', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 6; count++) ids.push((await create({ ...DAILY, destination: 'silent' })).id);
  await create(
    withWebhook({ cron: '0 3 * * *', range: 'today', condition: { under: 1 }, short_code: 'none' }),
  );
  clock = nextNight();
  const ended = spoor.running.runSchedules();
  await waitUntil('the alert', () => receiver.take().some(({ event }) => event.type === 'alert.fired'));
  // One of them may begin a moment after the alert.
  const ofExports = await waitUntil('all exports to run', async () => {
    const runs = (await Promise.all(ids.map(runsOf))).flat();
    const areRunning = runs.every(({ status, export_id: id }: any) => status === 'running' && id !== null);
    return runs.length === 6 && areRunning && runs;
  });
  for (const { export_id: id } of ofExports) {
    // A run names its export before it makes it.
    await waitUntil('the export', async () => {
      return (await spoor.send('DELETE', `/api/v1/exports/${id}`, { key })).status === 204;
    });
  }
  await ended;
});

test('schedules are read anew only where they have changed', async () => {
  const schedules = new ScheduleStore(
    spoor.database,
    createVersions(() => clock),
  );
  const [changed, same, gone] = [await create(DAILY), await create(DAILY), await create(DAILY)];
  const read = async () => new Map((await schedules.timetable()).map((one) => [one.id, one]));
  const before = await read();
  expect([changed, same, gone].every(({ id }) => before.has(id))).toBe(true);
  await spoor.send('PUT', `${PATH}/${changed.id}`, { key, json: { ...DAILY, cron: '0 4 * * *' } });
  await spoor.send('DELETE', `${PATH}/${gone.id}`, { key });
  const after = await read();
  expect(after.get(same.id)).toBe(before.get(same.id));
  expect(after.get(changed.id)?.times.cron).toBe('0 4 * * *');
  expect(after.has(gone.id)).toBe(false);
});

test('of schedules that are created and deleted again and again little is left, and nothing after a day', async () => {
  const [night, before] = [nextNight(), clock];
  const { id } = await create(DAILY);
  await runAt(night);
  expect((await spoor.send('DELETE', `${PATH}/${id}`, { key })).status).toBe(204);
  await spoor.database.commandText(`
    INSERT INTO schedules (owner_id, id, changed_at, is_deleted, version)
    SELECT 'busy', toString(number), fromUnixTimestamp64Milli(${before}), true, 1 FROM numbers(${MAX_ROWS_EACH})`);
  const busy = await createKey('busy');
  const full = await spoor.send('POST', PATH, { key: busy, json: DAILY });
  expect([full.status, full.headers.get('retry-after')]).toEqual([503, '3600']);
  // A start looks for what is left.
  await spoor.running.stop();
  clock = night + DAY + MINUTE;
  spoor = await start();
  const left = async () => {
    const rows = await spoor.database.rows<[string, number]>(sql`
      SELECT owner_id, toUInt32(count()) FROM schedules WHERE is_deleted OR id = ${param('String', id)} GROUP BY owner_id`);
    return new Map(rows).get('busy') ?? new Map(rows).get(owner);
  };
  await waitUntil('what is left to be removed', async () => (await left()) === undefined);
  const last = await spoor.database.rows<[boolean]>(sql`
    SELECT is_last FROM schedule_runs FINAL WHERE schedule_id = ${param('String', id)}`);
  expect(last.flat()).toEqual([false]);
  expect((await spoor.send('POST', PATH, { key: busy, json: DAILY })).status).toBe(201);
});

describe('after a clock was ahead', () => {
  test('schedules run at their next times by the clock of now, also after a restart', async () => {
    const now = clock;
    clock = now + 400 * DAY;
    const changed = await create(DAILY);
    clock = now;
    const ran = await create(DAILY);
    await runAt(now + 400 * DAY + DAY);
    const dueOf = async (id: string, since: number) => {
      const due = (await runsOf(id)).map((run: any) => [Date.parse(run.due_at), run.status]);
      return due.filter(([at]: [number]) => at <= since);
    };
    clock = now;
    const night = nextNight();
    await runAt(now);
    expect(await dueOf(ran.id, night)).toEqual([]);
    for (const time of [night, night + MINUTE]) {
      await runAt(time);
      for (const { id } of [changed, ran]) expect(await dueOf(id, night)).toEqual([[night, 'done']]);
    }
    // What was missed meanwhile is made up for.
    await spoor.running.stop();
    clock = night + DAY + HOUR;
    spoor = await start();
    await spoor.running.runSchedules();
    expect(await dueOf(ran.id, clock)).toEqual([
      [night + DAY, 'done'],
      [night, 'done'],
    ]);
  });

  test('the end of the last file by arrival is that of the last one before', async () => {
    key = await createKey(owner, ['clicks:read']);
    const { id } = await create({ ...DAILY, what: 'clicks', range: 'since_last_run' });
    await runAt(nextNight());
    await runAt(clock + DAY);
    const [second, first] = (await runsOf(id)).map(({ window }: any) => Date.parse(window.before));
    const runs = new ScheduleRuns(
      spoor.database,
      createVersions(() => clock),
    );
    const run = { scheduleId: id };
    expect(await runs.writtenUntil(run, second)).toBe(second);
    expect(await runs.writtenUntil(run, second - 1)).toBe(first);
    expect(await runs.writtenUntil(run, first - 1)).toBe(0);
  });
});

test('an instance that has lost the lease, and does not know, undoes nothing that another one has written', async () => {
  const { id } = await create(DAILY);
  const [schedule] = (await new ScheduleStore(spoor.database, createVersions(Date.now)).timetable()).filter(
    (one) => one.id === id,
  );
  const due = schedule && dueRun(schedule, undefined, nextNight());
  if (due === undefined) throw new Error('No run is due.');
  const [lost, holder] = [1_000 * DAY, 0].map(
    (ahead) =>
      new ScheduleRuns(
        spoor.database,
        createVersions(() => Date.now() + ahead),
      ),
  );
  const [begun] = (await lost?.write([{ run: due, isLast: true }])) ?? [];
  if (begun === undefined) throw new Error('No run was written.');
  await holder?.takeOver();
  await holder?.write([{ run: { ...begun, state: 'done', nextAt: null }, isLast: true }]);
  await lost?.write([{ run: { ...begun, state: 'failed' }, isLast: true }]);
  expect((await runsOf(id)).map(({ status }: any) => status)).toEqual(['done']);
});

describe('an alert', () => {
  const fired = () => receiver.take().map(({ event }) => [event.type, event.data.value]);

  test('fires when its condition becomes true, and again only after it was false', async () => {
    const wanted = { cron: '0 * * * *', range: 'today', condition: { over: 5 }, short_code: owner };
    const { id } = await create(withWebhook(wanted));
    const day = Math.ceil(clock / DAY) * DAY;
    const steps = [
      { at: day + HOUR, clicks: 5, expected: [] },
      { at: day + 2 * HOUR, clicks: 1, expected: [['alert.fired', 6]] },
      { at: day + 3 * HOUR, clicks: 4, expected: [] },
      { at: day + DAY + HOUR, clicks: 0, expected: [] },
      { at: day + DAY + 2 * HOUR, clicks: 7, expected: [['alert.fired', 7]] },
    ];
    for (const { at, clicks, expected } of steps) {
      clock = at - MINUTE;
      if (clicks > 0) await click(clicks, clock);
      await runAt(at);
      expect([at, fired()]).toEqual([at, expected]);
    }
    const met = (await runsOf(id)).map((run: any) => run.condition_met);
    expect(met.slice(0, 5)).toEqual([true, false, true, true, false]);
  });

  test('of a change compares with the period before', async () => {
    const condition = { metric: 'clicks', change: '-50%', against: 'previous' };
    const { id } = await create(withWebhook({ cron: '0 * * * *', range: 'since_last_run', condition }));
    clock += DAY;
    const hour = Math.ceil(clock / HOUR) * HOUR;
    await click(10, hour + HOUR - 5);
    await runAt(hour + HOUR);
    await click(5, hour + HOUR + 5);
    await runAt(hour + 2 * HOUR);
    // The service may have looked for what is due between the steps.
    const runs = (await runsOf(id)).slice(0, 2);
    expect(runs.map(({ value, previous }: any) => [value, previous])).toEqual([
      [5, 10],
      [10, 0],
    ]);
    expect(fired()).toEqual([['alert.fired', 5]]);
  });
});

describe('a webhook', () => {
  test('that fails is called again with the same id, also after a restart, and its receiver can verify it', async () => {
    clock = Date.now();
    const { id, webhook_secret: secret } = await create(withWebhook({ ...DAILY, cron: '* * * * *' }));
    receiver.status = 500;
    await runAt(Math.ceil(clock / MINUTE) * MINUTE);
    expect((await runsOf(id))[0]).toMatchObject({
      status: 'done',
      webhook: { status: 'waiting', attempts: 1, error: 'The webhook responded with status 500.' },
    });
    await spoor.running.stop();
    spoor = await start();
    await runAt(clock + (WEBHOOK_DELAYS[0] ?? 0) - 1);
    expect(receiver.take()).toHaveLength(1);
    receiver.status = 204;
    await runAt(clock + 1);
    const [second] = receiver.take();
    const [{ webhook }] = await runsOf(id);
    expect(webhook).toEqual({ event: 'export.done', status: 'delivered', attempts: 2, error: null });
    if (second === undefined) throw new Error('The webhook was not called again.');
    const headers = {
      'webhook-id': second.id,
      'webhook-timestamp': String(second.timestamp),
      'webhook-signature': second.signature,
    };
    expect(new Webhook(secret).verify(second.body, headers)).toEqual(second.event);
  });

  test('that always fails is given up', async () => {
    const { id } = await create(withWebhook(DAILY));
    receiver.status = 500;
    await runAt(nextNight());
    for (const delay of WEBHOOK_DELAYS) await runAt(clock + delay);
    const run = (await runsOf(id)).at(-1);
    expect(run.webhook).toMatchObject({ status: 'failed', attempts: WEBHOOK_DELAYS.length + 1 });
    const ids = receiver.take().map((call) => call.id);
    expect(ids.filter((one) => one === ids[0])).toHaveLength(WEBHOOK_DELAYS.length + 1);
  });
});

describe('schedules of an owner', () => {
  test('are listed, changed and deleted by that owner alone', async () => {
    const { id } = await create({ ...DAILY, name: 'nightly', group_by: ['country'] });
    const other = await createKey('somebody else');
    for (const [method, json] of [['GET'], ['PUT', DAILY], ['DELETE']] as const) {
      const { status } = await spoor.send(method, `${PATH}/${id}`, { key: other, ...(json && { json }) });
      expect([method, status]).toEqual([method, 404]);
    }
    expect((await spoor.send('GET', `${PATH}/${id}/runs`, { key: other })).status).toBe(404);
    expect((await spoor.send('GET', PATH, { key: other })).json.items).toEqual([]);
    const named = { key: other, query: { owner_id: owner } };
    expect((await spoor.send('GET', PATH, named)).status).toBe(403);
    const wanted = { key: other, json: { ...DAILY, owner_id: owner } };
    expect((await spoor.send('POST', PATH, wanted)).status).toBe(403);
    const own = await spoor.send('GET', `${PATH}/${id}`, { key });
    expect(own.json).toMatchObject({
      id,
      owner_id: owner,
      name: 'nightly',
      group_by: ['country'],
      what: 'stats',
    });
    expect(own.json).not.toHaveProperty('webhook_secret');
    const changed = await spoor.send('PUT', `${PATH}/${id}`, { json: { ...DAILY, cron: '@weekly' } });
    expect(changed.json).toMatchObject({ id, owner_id: owner, name: null, cron: '@weekly' });
    expect(changed.json).not.toHaveProperty('group_by');
    const { json } = await spoor.send('GET', PATH, { query: { owner_id: owner } });
    expect(json.items).toEqual([changed.json]);
    const moved = await spoor.send('PUT', `${PATH}/${id}`, { json: { ...DAILY, owner_id: 'admin' } });
    expect([moved.status, moved.json.code]).toEqual([409, 'conflict']);
  });

  test.each<[string, object, readonly string[], readonly string[]]>([
    ['clicks', { ...DAILY, what: 'clicks' }, ['stats:read'], ['clicks:read']],
    [
      'clicks with their visitors',
      { ...DAILY, what: 'clicks', visitors: true },
      ['stats:read', 'clicks:read'],
      ['clicks:read', 'visitors:read'],
    ],
    ['statistics', DAILY, ['clicks:read'], ['stats:read']],
  ])('of %s are for keys that may read these', async (_, wanted, without, having) => {
    const all = await createKey(owner, ['stats:read', 'clicks:read', 'visitors:read']);
    const { id } = (await spoor.send('POST', PATH, { key: all, json: wanted })).json;
    const attempts = [
      ['GET', PATH],
      ['GET', `${PATH}/${id}`],
      ['GET', `${PATH}/${id}/runs`],
      ['PUT', `${PATH}/${id}`, wanted],
      ['DELETE', `${PATH}/${id}`],
    ] as const;
    for (const [scopes, status] of [
      [without, 403],
      [having, undefined],
    ] as const) {
      const own = await createKey(owner, scopes);
      for (const [method, path, json] of attempts) {
        const response = await spoor.send(method, path, { key: own, ...(json && { json }) });
        const allowed = method === 'DELETE' ? 204 : 200;
        const isList = path === PATH;
        expect([method, path, response.status]).toEqual([method, path, isList ? 200 : (status ?? allowed)]);
        if (isList) expect(response.json.items).toHaveLength(status === undefined ? 1 : 0);
      }
    }
  });

  test('are bounded in number', async () => {
    const results = await Promise.all(
      Array.from({ length: MAX_SCHEDULES + 3 }, () => spoor.send('POST', PATH, { key, json: DAILY })),
    );
    expect(results.filter(({ status }) => status === 201)).toHaveLength(MAX_SCHEDULES);
    expect(results.find(({ status }) => status !== 201)?.json.error).toContain(`at most ${MAX_SCHEDULES}`);
  });

  const ALERT = {
    cron: '@hourly',
    range: 'today',
    condition: { over: 1 },
    webhook: { url: 'https://example.com' },
  };
  const { condition: _, ...NO_CONDITION } = ALERT;
  test.each<readonly [object, number, string]>([
    [{}, 400, 'cron'],
    [{ ...DAILY, cron: '0 0 30 2 *' }, 400, 'cron'],
    [{ ...DAILY, cron: '@reboot' }, 400, 'cron'],
    [{ ...DAILY, timezone: 'Mars/Olympus' }, 400, 'timezone'],
    [{ ...DAILY, range: 'all' }, 400, 'range'],
    [{ ...DAILY, range: undefined }, 400, 'range'],
    [{ ...DAILY, range: 'since_last_run' }, 400, 'range'],
    [{ ...DAILY, start_date: '2026-01-01' }, 400, 'start_date'],
    [{ ...DAILY, what: 'urls' }, 422, 'what'],
    [{ ...DAILY, format: 'pdf' }, 422, 'format'],
    [{ ...DAILY, format: undefined }, 422, 'format'],
    [{ ...DAILY, destination: 'nowhere' }, 422, 'destination'],
    [{ ...DAILY, colour: 'red' }, 400, 'colour'],
    [{ ...DAILY, group_by: 'colour' }, 422, 'group_by'],
    [{ ...DAILY, segment: 'nowhere' }, 400, 'segment'],
    [{ ...DAILY, scope: 'anon', short_code: 'nowhere' }, 404, 'short_code'],
    [{ ...DAILY, webhook: { url: 'ftp://example.com' } }, 400, 'webhook'],
    [{ ...DAILY, webhook: { url: 'https://me:secret@example.com' } }, 400, 'webhook'],
    [{ ...DAILY, webhook: { url: 'https://example.com', secret: 'x' } }, 400, 'secret'],
    [{ ...ALERT, webhook: undefined }, 400, 'webhook'],
    [{ ...ALERT, format: 'csv' }, 400, 'format'],
    [{ ...ALERT, destination: 'x' }, 400, 'destination'],
    [{ ...ALERT, group_by: 'country' }, 400, 'group_by'],
    [{ ...ALERT, condition: {} }, 400, 'condition'],
    [{ ...ALERT, condition: { over: 1, under: 2 } }, 400, 'condition'],
    [{ ...ALERT, condition: { over: 1, against: 'previous' } }, 400, 'condition'],
    [{ ...ALERT, condition: { change: '50' } }, 400, 'condition'],
    [{ ...ALERT, condition: { change: '-0%' } }, 400, 'condition'],
    [{ ...ALERT, condition: { change: '-101%' } }, 400, 'condition'],
    [{ ...ALERT, condition: { metric: 'first_click', over: 1 } }, 400, 'condition'],
    [{ ...NO_CONDITION }, 422, 'format'],
  ])('%j is refused', async (wanted, status, field) => {
    const response = await spoor.send('POST', PATH, { key, json: wanted });
    expect([response.status, response.json.field]).toEqual([status, field]);
  });

  test('webhooks at private addresses are refused where they are not called', async () => {
    const strict = await startSpoor();
    try {
      for (const host of [
        '127.0.0.1',
        '[::1]',
        '169.254.169.254',
        '2130706433',
        '0x7f.1',
        '[::ffff:10.0.0.1]',
      ]) {
        const json = { ...ALERT, webhook: { url: `http://${host}/` } };
        const response = await strict.send('POST', PATH, { json });
        expect([host, response.status, response.json.field]).toEqual([host, 400, 'webhook']);
      }
      const allowed = { ...ALERT, webhook: { url: 'http://192.0.3.1/' } };
      expect((await strict.send('POST', PATH, { json: allowed })).status).toBe(201);
    } finally {
      await strict.stop();
    }
  });
});
