import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '../../support/process.ts';
import { RawClient, StalledClient, ask, endRawClients, listenWith } from '../../support/raw-client.ts';

const MIB = 1_048_576;

/** More than the kernel's buffers take. */
const LARGE = Buffer.alloc(24 * MIB);

let server: Awaited<ReturnType<typeof listenWith>>;
afterEach(async () => {
  endRawClients();
  await server.close();
});

/** The clients whose response has been closed, by the path they asked for. */
let closed: string[];

/** Answers with much at once, but for `/slow`, whose response is ended by the function that comes back. */
async function start(options: Parameters<typeof listenWith>[1] = {}, body = LARGE): Promise<() => void> {
  const paths: string[] = (closed = []);
  let slow: ServerResponse | undefined;
  server = await listenWith(({ url = '' }, response) => {
    response.once('close', () => paths.push(url));
    if (url === '/slow') (slow = response).write('begun');
    else response.end(body);
  }, options);
  return () => slow?.end('ended');
}

const get = (path: string, version = '1.1'): string => `GET ${path} HTTP/${version}\r\nHost: a\r\n\r\n`;

describe('a response that its client does not read', () => {
  test.each(['1.0', '1.1'])('breaks the connection (HTTP/%s)', async (version) => {
    await start({ slowestMs: 100 });
    const client = new StalledClient(server.url, get('/', version));
    await waitUntil('the cut', () => closed.length === 1);
    expect(await client.toEnd()).toContain('reset');
  });

  test('does so at once where too much waits in memory, for whoever has the most', async () => {
    await start();
    const modest = new RawClient(server.url, get('/modest'), '127.0.0.2');
    for (let count = 0; count < 5; count++) ask(server.url, get('/greedy'));
    await waitUntil('the cut', () => closed.length > 0);
    expect(closed).toEqual(['/greedy']);
    expect(await modest.until('\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
  });
});

test('a response of one piece is given all the time that its client needs', async () => {
  await start({ slowestMs: 2_000 }, Buffer.alloc(96 * MIB));
  const { socket } = new RawClient(server.url, get('/', '1.0'));
  let taken = 0;
  for await (const piece of socket) {
    const before = Math.floor(taken / (8 * MIB));
    taken += piece.length;
    if (Math.floor(taken / (8 * MIB)) > before) await delay(400);
  }
  expect(taken).toBeGreaterThan(96 * MIB);
});

test('a response that waits for its source is not its client’s fault', async () => {
  const end = await start({ slowestMs: 100 });
  const patient = new RawClient(server.url, get('/slow', '1.0'));
  await patient.until('begun');
  // When this one is cut, the other has waited for as long.
  ask(server.url, get('/unread'));
  await waitUntil('the cut', () => closed.includes('/unread'));
  end();
  expect(await patient.toEnd()).toBe('end');
  expect(patient.received).toMatch(/begunended$/);
});
