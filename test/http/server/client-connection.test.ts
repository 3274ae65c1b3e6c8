import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '../../support/process.ts';
import { RawClient, ask, endRawClients, listenWith } from '../../support/raw-client.ts';

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;

let server: Awaited<ReturnType<typeof listenWith>>;
let begun: { readonly request: IncomingMessage; readonly response: ServerResponse }[];
beforeEach(async () => {
  begun = [];
  server = await listenWith((request, response) => begun.push({ request, response }));
});
afterEach(async () => {
  endRawClients();
  await server.close();
});

const begunAre = (count: number) => waitUntil(`${count} requests`, () => begun.length === count);
const paths = () => begun.map(({ request }) => request.url);

describe('requests that are sent ahead', () => {
  test('are begun one after the other', async () => {
    const client = new RawClient(server.url, get('/1') + get('/2') + get('/3'));
    await begunAre(1);
    begun[0]?.response.end('one');
    await begunAre(2);
    begun[1]?.response.end('two');
    await begunAre(3);
    begun[2]?.response.end('three');
    await client.until('three');
    expect([paths(), client.received.match(/one|two|three/g)]).toEqual([
      ['/1', '/2', '/3'],
      ['one', 'two', 'three'],
    ]);
  });

  test('are forgotten when their client leaves', async () => {
    const client = new RawClient(server.url, get('/1') + get('/2'));
    await begunAre(1);
    const closed = new Promise((resolve) => begun[0]?.response.once('close', () => resolve(undefined)));
    client.socket.destroy();
    await closed;
    ask(server.url, get('/other'));
    await begunAre(2);
    expect(paths()).toEqual(['/1', '/other']);
  });

  test('by the hundred break the connection', async () => {
    const client = new RawClient(server.url, get('/').repeat(100));
    expect(await client.toEnd()).toBe('ECONNRESET');
    expect(paths()).toEqual(['/']);
  });

  test.each([
    ['what is no HTTP', 'NONSENSE\r\n\r\n'],
    ['headers that are too large', get('/2', `X: ${'x'.repeat(131_072)}\r\n`)],
    ['a body that breaks off', `${get('/2', 'Transfer-Encoding: chunked\r\n').replace('GET', 'POST')}zz\r\n`],
  ])('and %s: the answer before comes first, and whole', async (_, bytes) => {
    const client = new RawClient(server.url, get('/1'));
    await begunAre(1);
    begun[0]?.response.writeHead(200, { 'Content-Length': 6 }).write('one');
    await client.until('one');
    client.socket.write(bytes);
    const other = new RawClient(server.url, get('/other'));
    await begunAre(2);
    begun[1]?.response.end();
    await other.until('200');
    begun[0]?.response.end('two');
    expect(await client.toEnd()).toBe('end');
    expect(client.received).toMatch(/\r\n\r\nonetwoHTTP\/1.1 4\d\d /);
    expect(paths()).toEqual(['/1', '/other']);
  });
});

test('whoever reads a body that breaks off is told', async () => {
  const client = new RawClient(server.url, get('/', 'Transfer-Encoding: chunked\r\n'));
  await begunAre(1);
  const read = async (): Promise<void> => {
    for await (const _ of begun[0]?.request ?? []);
  };
  const reading = expect(read()).rejects.toThrow();
  client.socket.write('broken\r\n');
  expect(await client.toEnd()).toBe('end');
  expect(client.received).toMatch(/^HTTP\/1.1 400 /);
  await reading;
});

test('the last answer reaches a client that is still sending', async () => {
  const body = Buffer.alloc(8 * 1_048_576);
  const head = `POST / HTTP/1.0\r\nContent-Length: ${body.length}\r\n\r\n`;
  const client = new RawClient(server.url, head);
  await begunAre(1);
  begun[0]?.response.end('refused');
  client.socket.write(body);
  await client.until('refused');
  expect(await client.ended).toBe('end');
});

describe('a response that is destroyed before its end', () => {
  test.each(['1.0', '1.1'])('breaks the connection (HTTP/%s)', async (version) => {
    const client = new RawClient(server.url, get('/').replace('1.1', version));
    await begunAre(1);
    begun[0]?.response.write('part');
    await client.until('part');
    begun[0]?.response.destroy();
    expect(await client.ended).toBe('ECONNRESET');
  });

  test('a whole one does not', async () => {
    const client = new RawClient(server.url, get('/').replace('1.1', '1.0'));
    await begunAre(1);
    begun[0]?.response.end('whole');
    expect(await client.toEnd()).toBe('end');
    expect(client.received).toMatch(/whole$/);
  });
});

describe('a stop', () => {
  test('cuts what still runs after 8 s, so that it does not look whole', async () => {
    const client = new RawClient(server.url, get('/').replace('1.1', '1.0'));
    await begunAre(1);
    begun[0]?.response.write('part');
    await client.until('part');
    const closed = server.close();
    expect(await client.ended).toBe('ECONNRESET');
    await closed;
  });

  test('waits for a client that still reads', async () => {
    const client = new RawClient(server.url, get('/').replace('1.1', '1.0'));
    await begunAre(1);
    const large = 'x'.repeat(24 * 1_048_576);
    begun[0]?.response.end(large);
    const idle = new RawClient(server.url, get('/other'));
    await begunAre(2);
    begun[1]?.response.end('other');
    await idle.until('other');
    const closed = server.close();
    // Idle ones are closed more than once before the other reads on.
    expect(await idle.ended).toBe('end');
    expect(await client.toEnd()).toBe('end');
    expect(client.received.slice(-large.length)).toBe(large);
    await closed;
  });
});

test('CONNECT is refused, and not while another request is under way', async () => {
  const alone = new RawClient(server.url, 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await alone.toEnd()).toBe('end');
  expect(alone.received).toMatch(/^HTTP\/1.1 405 [^]*"code":"method_not_allowed"/);
  const behind = new RawClient(server.url, `${get('/1')}CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n`);
  await behind.toEnd();
  expect(behind.received).toBe('');
});
