import { afterEach, describe, expect, test } from '@jest/globals';
import { type Listening, maxConnections } from '../../../src/http/server/listen.ts';
import { waitUntil } from '../../support/process.ts';
import { RawClient, ask, endRawClients, listenWith } from '../../support/raw-client.ts';

const GET = 'GET /now HTTP/1.1\r\nHost: a\r\n\r\n';
const LATER = 'GET /later HTTP/1.1\r\nHost: a\r\n\r\n';
const forwarded = (address: string, path = '/now'): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${address}\r\n\r\n`;

let server: Listening & Awaited<ReturnType<typeof listenWith>>;
/** Requests that are never answered and have been read: until then their connections are idle, and give way. */
let unanswered: number;
afterEach(async () => {
  endRawClients();
  await server.close();
});

/** Answers at once, but for a path that is never answered. */
const start = async (trustProxy = 0): Promise<void> => {
  unanswered = 0;
  server = await listenWith(
    (request, response) => {
      if (request.url === '/now') response.end('answered');
      else unanswered++;
    },
    { maxConnections: 16, trustProxy },
  );
};

const taken = (count: number) =>
  waitUntil('connections', () => server.shares.connections.state.inUse === count);

const begun = (count: number) => waitUntil('requests', () => unanswered === count);

describe('connections of one address', () => {
  test('are a quarter of all; the others are answered', async () => {
    await start();
    const own = [1, 2, 3, 4].map(() => new RawClient(server.url, LATER));
    await begun(4);
    expect(await new RawClient(server.url, GET).toEnd()).toBe('ECONNRESET');
    expect(server.shares.connections.state.refused).toBe(1);
    await new RawClient(server.url, GET, '127.0.0.2').until('answered');
    own[0]?.socket.destroy();
    await taken(4);
    await new RawClient(server.url, GET).until('answered');
  });

  test('give way where all are taken: the oldest idle one of whoever has most', async () => {
    await start();
    const addresses = [2, 3, 4, 5].map((last) => `127.0.0.${last}`);
    const busy = addresses.map((address) => new RawClient(server.url, LATER, address));
    await begun(4);
    const idle: RawClient[] = [];
    for (const address of addresses) {
      for (let count = 0; count < 3; count++) {
        const client = new RawClient(server.url, GET, address);
        await client.until('answered');
        idle.push(client);
      }
    }
    await taken(16);
    await new RawClient(server.url, GET).until('answered');
    expect(await idle[0]?.ended).toBe('end');
    for (const { socket } of [...busy, ...idle.slice(1)]) expect(socket.destroyed).toBe(false);
  });

  test('do not give way to one more of an address that has as many: it loses its own oldest idle one', async () => {
    await start();
    const idle: RawClient[] = [];
    for (const last of [2, 3, 4, 5]) {
      for (let count = 0; count < 4; count++) {
        const client = new RawClient(server.url, GET, `127.0.0.${last}`);
        await client.until('answered');
        idle.push(client);
      }
    }
    const [first, second] = idle.splice(4, 2);
    await new RawClient(server.url, GET, '127.0.0.3').until('answered');
    expect(await first?.ended).toBe('end');
    for (const client of [second, ...idle]) expect(client?.socket.destroyed).toBe(false);
  });

  test('at the bound of its address give way to a new one only where one is idle', async () => {
    await start();
    const busy = [1, 2, 3].map(() => new RawClient(server.url, LATER));
    await begun(3);
    const idle = new RawClient(server.url, GET);
    await idle.until('answered');
    const next = new RawClient(server.url, LATER);
    expect(await idle.toEnd()).toBe('end');
    await begun(4);
    expect(await new RawClient(server.url, GET).toEnd()).toBe('ECONNRESET');
    for (const { socket } of [...busy, next]) expect(socket.destroyed).toBe(false);
  });
});

describe('a connection that waits for its next request', () => {
  test('is told how long it is kept, and is closed after that', async () => {
    server = await listenWith((_, response) => response.end('answered'), { keepAliveMs: 1_000 });
    const client = new RawClient(server.url, GET);
    expect(await client.toEnd()).toBe('end');
    expect(client.received).toMatch(/\r\nKeep-Alive: timeout=1\r\n[^]*answered/);
  });

  test('has no more time than a new one for the headers of that', async () => {
    server = await listenWith((_, response) => response.end('answered'), { headersMs: 100 });
    const client = new RawClient(server.url, GET);
    await client.until('answered');
    client.socket.write('GET /now HTTP/1.1\r\nHost: a\r\nX-Slow: ');
    expect(await client.toEnd()).toBe('end');
    expect(client.received).toMatch(/answered[^]*HTTP\/1.1 408 /);
  });
});

describe('behind a proxy', () => {
  test('the requests of an address are bounded, and not the connections', async () => {
    await start(1);
    for (let count = 0; count < 4; count++) ask(server.url, forwarded('2001:db8::1', '/later'));
    await waitUntil('requests', () => server.shares.proxiedRequests.state.inUse === 4);
    // Another address of the same /64.
    const refused = new RawClient(server.url, forwarded('2001:db8::2'));
    expect(await refused.toEnd()).toBe('end');
    expect(refused.received).toMatch(/^HTTP\/1.1 503 [^]*\r\nRetry-After: [1-9]\d*\r\n/);
    expect(refused.received).toContain('"code":"unavailable"');
    await new RawClient(server.url, forwarded('2001:db8:0:1::1')).until('answered');
    expect(server.shares.connections.state.refused).toBe(0);
  });

  test('a request that has been answered makes room', async () => {
    await start(1);
    const client = new RawClient(server.url);
    for (let count = 1; count < 8; count++) {
      client.socket.write(forwarded('192.0.2.1'));
      await waitUntil('an answer', () => client.read().received.split('answered').length > count);
    }
  });
});

test.each([
  [64, 16],
  [256, 192],
  [1_024, 768],
  [20_000, 4_096],
  [Infinity, 4_096],
])('with %d descriptors there may be %d connections', async (descriptors, connections) => {
  await start();
  expect(maxConnections(descriptors)).toBe(connections);
});
