import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ClusterNode, type TestCluster, startCluster } from '../support/cluster.ts';
import { stopSharing, waitUntil } from '../support/process.ts';
import { type SendOptions, type TestSpoor, startSpoor } from '../support/spoor.ts';

/* Keys, URLs and idempotency records are on one node, the coordinator. */
let cluster: TestCluster;
let spoor: TestSpoor;
/** Makes what the other is asked for, which so has none of it in its caches. */
let maker: TestSpoor;
beforeAll(async () => {
  cluster = await startCluster();
  const settings = { ...cluster.settings, SPOOR_CACHE_MB: '0' };
  spoor = await startSpoor(settings, { deadlines: SHORT });
  maker = await startSpoor({ ...settings, CLICKHOUSE_DATABASE: spoor.database.name });
});
afterAll(async () => {
  await stopSharing([maker, spoor]);
  await cluster.stop();
});

/** Enough for a busy machine; as long as each a frozen node is waited for. */
const SHORT = { lookUpMs: 3_000, statsMs: 4_000, firstByteMs: 5_000, statementMs: 5_000, endMs: 1_000 };

const UNAVAILABLE = { status: 503, code: 'unavailable' };

const nodeAt = (index: number): ClusterNode => {
  const node = cluster.nodes[index];
  if (node === undefined) throw new Error('There is no such node.');
  return node;
};
const ready = () => waitUntil('all shards', async () => (await spoor.send('GET', '/ready')).status === 200);
const clicksOf = (code: string, count: number) =>
  Array.from({ length: count }, (_, place) => ({
    short_code: code,
    clicked_at: '2026-01-15',
    ip: `192.0.2.${place}`,
  }));
const QUESTION = { owner_id: '*', start_date: '2026-01-01', end_date: '2026-01-31' };
const clicksAt = async (code: string) => {
  const { json } = await spoor.send('GET', '/api/v1/stats', { query: { ...QUESTION, short_code: code } });
  return [json.summary.total_clicks, json.summary.unique_clicks];
};

const ANSWERED: Readonly<Record<string, number>> = {
  ready: 200,
  keys: 200,
  'new key': 201,
  'revoked key': 204,
  urls: 200,
  'urls of a key': 200,
  url: 200,
  'changed url': 200,
  'new url': 201,
  'deleted url': 204,
  clicks: 200,
  stats: 200,
  compared: 200,
  export: 200,
  'erased clicks': 200,
};
/** Where a try that was refused, because the node was lost before it could say so, had done the work. */
const ANSWERED_WHEN_DONE: Readonly<Record<string, number>> = {
  'revoked key': 404,
  'new url': 200,
  'deleted url': 404,
};

type Request = readonly [method: string, path: string, options?: SendOptions];

describe.each([
  ['killed', (node: ClusterNode) => node.kill(), (node: ClusterNode) => node.start()],
  ['frozen', (node: ClusterNode) => node.freeze(), (node: ClusterNode) => node.thaw()],
] as const)('while the coordinator node is %s', (how, takeAway, bringBack) => {
  const [known, fresh, gone, erased] = ['known', 'fresh', 'gone', 'erased'].map((name) => `${how}-${name}`);
  let id = '';
  let key = '';
  const requests = (): Record<string, Request> => ({
    ready: ['GET', '/ready'],
    keys: ['GET', '/api/v1/keys'],
    'new key': ['POST', '/api/v1/keys', { json: { owner_id: how, name: 'made', scopes: ['urls:read'] } }],
    'revoked key': ['DELETE', `/api/v1/keys/${id}`],
    urls: ['GET', '/api/v1/urls'],
    'urls of a key': ['GET', '/api/v1/urls', { key }],
    url: ['GET', `/api/v1/urls/${known}`],
    'changed url': ['PUT', `/api/v1/urls/${known}`, { json: { long_url: 'https://example.com/changed' } }],
    'new url': ['PUT', `/api/v1/urls/${fresh}`, { json: {} }],
    'deleted url': ['DELETE', `/api/v1/urls/${gone}`],
    clicks: [
      'POST',
      '/api/v1/clicks',
      { ndjson: clicksOf(`${how}-keyed`, 50), headers: { 'idempotency-key': how } },
    ],
    stats: ['GET', '/api/v1/stats', { query: { ...QUESTION, short_code: known ?? '' } }],
    compared: [
      'GET',
      '/api/v1/stats',
      { query: { ...QUESTION, short_code: known ?? '', compare: 'previous' } },
    ],
    export: ['GET', '/api/v1/export', { query: { ...QUESTION, short_code: known ?? '', format: 'json' } }],
    'erased clicks': ['DELETE', '/api/v1/clicks', { json: { short_code: erased } }],
  });
  const sendAll = async <Answer>(
    send: (request: Request) => Promise<Answer>,
  ): Promise<Record<string, Answer>> =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(requests()).map(async ([name, request]) => [name, await send(request)] as const),
      ),
    );
  /** As a client does that is told to come again: what was late breaks off, and may take an engine along. */
  const sendUntilAnswered = async (request: Request) => {
    let refusals = -1;
    const { status, json } = await waitUntil('an answer', async () => {
      refusals++;
      const response = await spoor.send(...request);
      return response.status !== UNAVAILABLE.status && response;
    });
    return { status, json, wasRefused: refusals > 0 };
  };

  beforeAll(async () => {
    for (const code of [known, gone, erased]) {
      const ndjson = clicksOf(code ?? '', 30);
      expect((await maker.send('POST', '/api/v1/clicks', { ndjson })).json.accepted).toBe(30);
    }
    key = await maker.createKey(`owner of ${how}`);
    await maker.createKey(`revoked when ${how}`);
    const { items } = (await maker.send('GET', '/api/v1/keys')).json;
    id = items.find(({ owner_id }: { owner_id: string }) => owner_id === `revoked when ${how}`).id;
  });

  test('every answer that needs it is 503; sent again afterwards each request is answered right', async () => {
    await takeAway(nodeAt(0));
    let away;
    try {
      away = await sendAll((request) => spoor.send(...request));
    } finally {
      await bringBack(nodeAt(0));
      await ready();
    }
    for (const [name, { status, json }] of Object.entries(away)) {
      expect({ name, status, code: json?.code }).toEqual({ name, ...UNAVAILABLE });
    }

    const again = await sendAll(sendUntilAnswered);
    const wrong = Object.entries(again).filter(
      ([name, { status, wasRefused }]) =>
        status !== ANSWERED[name] && !(wasRefused && status === ANSWERED_WHEN_DONE[name]),
    );
    expect(wrong).toEqual([]);
    expect(again['clicks']?.json).toEqual({ accepted: 50, rejected: [] });
    const { wasRefused, json: erasure } = again['erased clicks'] ?? {};
    // Otherwise a node took its part before another one was lost, and only the rest is left to say.
    if (wasRefused === false) expect(erasure).toEqual({ erased: 30 });
    for (const name of ['stats', 'compared', 'export']) {
      expect(again[name]?.json.summary).toMatchObject({ total_clicks: 30, unique_clicks: 30 });
    }
    expect((await spoor.send('GET', `/api/v1/urls/${known}`)).json.long_url).toBe(
      'https://example.com/changed',
    );
    expect((await spoor.send('GET', `/api/v1/urls/${gone}`)).status).toBe(404);
    const made: string = again['new key']?.json.key;
    expect((await spoor.send('GET', '/api/v1/urls', { key: made })).status).toBe(200);
    expect(await clicksAt(`${how}-keyed`)).toEqual([50, 50]);
    expect(await clicksAt(known ?? '')).toEqual([30, 30]);
    for (const code of [gone, erased]) expect(await clicksAt(code ?? '')).toEqual([0, 0]);
  }, 150_000);
});

test('while another node is away keys and URLs are answered as ever', async () => {
  await nodeAt(1).kill();
  try {
    const key = await spoor.createKey('meanwhile');
    const put = await spoor.send('PUT', '/api/v1/urls/meanwhile', { key, json: {} });
    expect(put.status).toBe(201);
    const { json } = await spoor.send('GET', '/api/v1/urls', { key });
    expect(json.items.map(({ short_code }: { short_code: string }) => short_code)).toEqual(['meanwhile']);
    expect((await spoor.send('GET', '/ready')).status).toBe(503);
  } finally {
    await nodeAt(1).start();
    await ready();
  }
});
