import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { constants, gzipSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { createShares } from '../../../src/fair-share/shares.ts';
import { receive } from '../../../src/http/body/read-body.ts';
import type { ListenOptions, Listening } from '../../../src/http/server/listen.ts';
import { waitUntil } from '../../support/process.ts';
import { listenWith } from '../../support/raw-client.ts';

const MIB = 1_048_576;

let server: Listening;
const requests: ClientRequest[] = [];
const timers: NodeJS.Timeout[] = [];
afterEach(async () => {
  for (const timer of timers.splice(0)) clearInterval(timer);
  for (const outgoing of requests.splice(0)) outgoing.destroy();
  await server.close();
});

/** A server that receives bodies, within such bounds, and what became of them. */
async function start(options: Pick<ListenOptions, 'slowestMs' | 'deadlineMs'> = {}) {
  const sizes = {
    maxQueries: 4,
    maxExpensiveQueries: 2,
    maxExports: 4,
    spoolBytes: 0,
    exportFileBytes: 0,
    maxConnections: 64,
    trustProxy: 0,
  };
  const { bodyBytes: bodies } = createShares({ ...sizes, heapBytes: 1_024 * MIB });
  const outcomes: Promise<Buffer>[] = [];
  server = await listenWith((incoming) => {
    const lease = bodies.take({ kind: 'owner', name: 'me' }, 0);
    if (lease === undefined) throw new Error('Nobody else has anything.');
    const isPacked = incoming.headers['content-encoding'] === 'gzip';
    const outcome = receive(incoming, { isPacked, limit: 4 * MIB, lease, share: bodies });
    outcome.catch(() => {});
    outcomes.push(outcome);
  }, options);
  const send = (headers = {}): ClientRequest => {
    const outgoing = request(server.url, { method: 'POST', headers, agent: false }).on('error', () => {});
    requests.push(outgoing);
    return outgoing;
  };
  return { bodies, outcomes, send };
}

/** Deflate's way to say nothing: a stored block of no bytes. */
const EMPTY_BLOCK = Buffer.from([0, 0, 0, 0xff, 0xff]);
/** Packed data that go on. */
const openGzip = (text: string | Buffer): Buffer => gzipSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
const GZIP = { 'content-encoding': 'gzip' };

function keepSending(outgoing: ClientRequest, piece: Buffer): void {
  timers.push(setInterval(() => outgoing.write(piece), 5));
}

test('packed bytes that unpack to nothing are no pace', async () => {
  const { bodies, outcomes, send } = await start({ slowestMs: 300 });
  const outgoing = send(GZIP);
  outgoing.write(openGzip(Buffer.alloc(MIB, ' ')));
  // Of what is on the wire it is far above the slowest pace.
  keepSending(outgoing, Buffer.concat(Array.from({ length: 2_000 }, () => EMPTY_BLOCK)));
  const [answer] = await once(outgoing, 'response');
  expect(answer.statusCode).toBe(408);
  await expect(outcomes[0]).rejects.toThrow();
  expect(bodies.state.inUse).toBe(0);
});

test('packed bytes that unpack to nothing end at the limit, however fast they come', async () => {
  const { outcomes, send } = await start();
  const outgoing = send(GZIP);
  outgoing.write(openGzip('a'));
  outgoing.end(Buffer.alloc(5 * MIB, EMPTY_BLOCK));
  await once(outgoing, 'finish');
  await expect(outcomes[0]).rejects.toMatchObject({ status: 413 });
});

test('a body that has a pace and no end is cut off at its deadline', async () => {
  const { bodies, outcomes, send } = await start({ deadlineMs: 300 });
  const outgoing = send();
  keepSending(outgoing, Buffer.from(' '));
  const [answer] = await once(outgoing, 'response');
  expect(answer.statusCode).toBe(408);
  await expect(outcomes[0]).rejects.toThrow();
  expect(bodies.state.inUse).toBe(0);
});

test('what a refused body held is free before the rest of it has come', async () => {
  const { bodies, send } = await start();
  const outgoing = send();
  outgoing.write(Buffer.alloc(3 * MIB));
  await waitUntil('three of them', () => bodies.state.inUse === 3 * MIB);
  outgoing.write(Buffer.alloc(2 * MIB));
  await waitUntil('none of them', () => bodies.state.inUse === 0);
});

test('a body whose pieces are single bytes is whole', async () => {
  const { outcomes, send } = await start();
  const outgoing = send({ 'transfer-encoding': 'chunked' });
  for (let place = 0; place < 5_000; place++) outgoing.write(String(place % 10));
  outgoing.end();
  await once(outgoing, 'finish');
  await waitUntil('the request', () => outcomes.length > 0);
  expect((await outcomes[0])?.toString()).toBe('0123456789'.repeat(500));
});
