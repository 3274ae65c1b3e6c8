import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Gate } from '../support/gate.ts';
import { waitUntil } from '../support/process.ts';
import { type TestResponse, type TestSpoor, startSpoor } from '../support/spoor.ts';

const FLOOD = 80;

let gate: Gate;
let spoor: TestSpoor;
let flooding: string;
let other: string;

beforeAll(async () => {
  gate = await Gate.open(process.env['TEST_CLICKHOUSE_URL'] ?? '');
  spoor = await startSpoor({ CLICKHOUSE_URL: gate.url, CLICKHOUSE_CLUSTER: '' });
  [flooding, other] = [await spoor.createKey('flooding'), await spoor.createKey('other')];
}, 60_000);
afterAll(async () => {
  await spoor.stop();
  await gate.shut();
});

async function waitingIsAbove(count: number): Promise<void> {
  await waitUntil('the flood', async () => {
    const { text } = await spoor.send('GET', '/metrics');
    const [, waiting] = /^spoor_share_waiting\{resource="url_requests"\} (\d+)$/m.exec(text) ?? [];
    return Number(waiting) > count || undefined;
  });
}

describe.each<[string, (place: number) => Promise<TestResponse>]>([
  ['changes', (place) => spoor.send('PUT', `/api/v1/urls/f${place}`, { key: flooding, json: {} })],
  ['lists', () => spoor.send('GET', '/api/v1/urls', { key: flooding })],
])('while one owner sends many %s of URLs', (_, send) => {
  test('another one’s changes, and clicks with new codes, do not wait for them', async () => {
    let done = 0;
    const flood = Array.from({ length: FLOOD }, (_, place) => send(place).finally(() => done++));
    await waitingIsAbove(FLOOD / 4);
    const code = `new-${Math.random()}`;
    const changed = await spoor.send('PUT', `/api/v1/urls/${code}`, { key: other, json: {} });
    const clicked = await spoor.send('POST', '/api/v1/clicks', {
      key: other,
      ndjson: [{ short_code: `${code}-click` }],
    });
    expect([changed.status, clicked.status]).toEqual([201, 200]);
    expect(done).toBeLessThan(FLOOD);
    expect(new Set((await Promise.all(flood)).map(({ status }) => status)).size).toBe(1);
  });
});

const LOOK_UPS = [
  '/api/v1/keys',
  '/api/v1/segments',
  '/api/v1/segments/none',
  '/api/v1/schedules',
  '/api/v1/schedules/none',
  '/api/v1/schedules/none/runs',
  '/api/v1/exports',
  '/api/v1/exports/none',
  '/api/v1/exports/none/file',
  '/api/v1/imports',
  '/api/v1/imports/none',
];

test('look-ups of one owner in all small tables wait for their turn', async () => {
  // While ClickHouse hangs the owner has both of its slots. The administrator's key is known without a look-up.
  gate.hold();
  try {
    const path = '/api/v1/segments';
    const first = [spoor.send('GET', path), spoor.send('GET', path)];
    const others = LOOK_UPS.map((one) => spoor.send('GET', one));
    await waitingIsAbove(others.length - 1);
    gate.release();
    const statuses = (await Promise.all([...first, ...others])).map(({ status }) => status);
    expect(statuses).toEqual([200, 200, ...LOOK_UPS.map((one) => (one.includes('none') ? 404 : 200))]);
  } finally {
    gate.release();
  }
});

test('a change whose client has left while it waited is not made', async () => {
  const leaving = new AbortController();
  const key = `Bearer ${flooding}`;
  const left = Array.from({ length: FLOOD }, (_, place) =>
    fetch(`${spoor.url}/api/v1/urls/left-${place}`, {
      method: 'PUT',
      headers: { authorization: key },
      signal: leaving.signal,
    }).catch(() => {}),
  );
  await waitingIsAbove(FLOOD / 2);
  leaving.abort();
  await Promise.all(left);
  await spoor.send('PUT', '/api/v1/urls/last', { key: flooding, json: {} });
  const { json } = await spoor.send('GET', '/api/v1/urls?limit=1000', { key: flooding });
  const made = json.items.filter(({ short_code: code }: { short_code: string }) => code.startsWith('left-'));
  expect(made.length).toBeLessThan(FLOOD / 2);
});
