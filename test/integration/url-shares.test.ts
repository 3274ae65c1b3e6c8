import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '../support/process.ts';
import { type TestResponse, type TestSpoor, startSpoor } from '../support/spoor.ts';

const FLOOD = 200;

let spoor: TestSpoor;
let flooding: string;
let other: string;

beforeAll(async () => {
  spoor = await startSpoor();
  [flooding, other] = [await spoor.createKey('flooding'), await spoor.createKey('other')];
}, 60_000);
afterAll(() => spoor.stop());

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
