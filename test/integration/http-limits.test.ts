import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '../support/process.ts';
import { RawClient, endRawClients, listenWith } from '../support/raw-client.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';

const MIB = 1_048_576;

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
});
afterEach(endRawClients);
afterAll(() => spoor.stop());

describe('a question', () => {
  test('takes ten thousand values of a filter', async () => {
    await spoor.send('POST', '/api/v1/clicks', { ndjson: [{ short_code: 'c77' }, { short_code: 'other' }] });
    const codes = Array.from({ length: 10_000 }, (_, index) => `c${index}`).join(',');
    const { status, json } = await spoor.send('GET', `/api/v1/stats?short_code=${codes}`);
    expect([status, json.summary?.total_clicks]).toEqual([200, 1]);
  });

  test('of more parameters than are read is refused, not cut', async () => {
    const answer = await spoor.send('GET', `/api/v1/stats?${'browser=x&'.repeat(1_000)}limit=1`);
    expect([answer.status, answer.json.code]).toEqual([400, 'validation_error']);
    expect((await spoor.send('GET', `/api/v1/stats?${'browser=x&'.repeat(999)}limit=1`)).status).toBe(200);
  });

  test('of more than 128 KiB is 431, with a sentence', async () => {
    const answer = await spoor.send('GET', `/api/v1/stats?browser=${'x'.repeat(131_072)}`);
    expect([answer.status, answer.json.code]).toEqual([431, 'validation_error']);
  });
});

const HELLO = '5\r\nhello\r\n0\r\n\r\n';
const post = (...headers: readonly string[]): string =>
  `POST /api/v1/clicks HTTP/1.1\r\nHost: a\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`;
const get = (path: string, ...headers: readonly string[]): string =>
  post(...headers).replace('POST /api/v1/clicks', `GET ${path}`);

/** Sends bytes; the answer's status and code. */
async function answerTo(bytes: string): Promise<readonly [number, string | undefined]> {
  const client = new RawClient(spoor.url, bytes);
  const text = await client.until('\r\n\r\n{');
  return [Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), /"code":"(\w+)"/.exec(text)?.[1]];
}

describe('a transfer encoding', () => {
  const LENGTH = 'Content-Length: 5';
  test.each([
    ['gzip, chunked', 501],
    ['gzip', 501],
    ['identity', 501],
    ['chunked, chunked', 501],
    ['xchunked', 501],
    [',chunked', 501],
    ['chunked;q=1', 501],
    ['', 501],
  ])('of %j is refused, with a length too (%d)', async (encoding, status) => {
    const header = `Transfer-Encoding: ${encoding}`;
    for (const heads of [[header], [header, LENGTH], [LENGTH, header]])
      expect(await answerTo(post(...heads) + HELLO)).toEqual([status, 'validation_error']);
  });

  test.each([
    [['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'], 501],
    [['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], 400],
    [['Transfer-Encoding: chunked', LENGTH], 400],
    [[LENGTH, 'Transfer-Encoding: chunked'], 400],
    [['Transfer-Encoding : chunked'], 400],
    [['Transfer-Encoding: \vchunked'], 400],
    [['Transfer-Encoding:\r\n chunked'], 400],
    [[LENGTH, LENGTH], 400],
    [['Content-Length: 5, 5'], 400],
    [['Content-Length: +5'], 400],
  ])('that leaves it open where a body ends is refused: %j (%d)', async (heads, status) => {
    expect(await answerTo(post(...heads) + HELLO)).toEqual([status, 'validation_error']);
  });

  test('is not for HTTP/1.0', async () => {
    const old = post('Transfer-Encoding: chunked').replace('HTTP/1.1', 'HTTP/1.0');
    expect(await answerTo(old + HELLO)).toEqual([501, 'validation_error']);
  });

  test.each(['chunked', 'CHUNKED', '\tchunked'])('of %j is taken', async (encoding) => {
    const heads = [`Authorization: Bearer ${ADMIN_KEY}`, 'Content-Type: application/x-ndjson'];
    const sent = post(...heads, `Transfer-Encoding: ${encoding}`) + HELLO;
    expect((await answerTo(sent))[0]).toBe(422);
  });

  test.each(['5x\r\nhello\r\n', '5\nhello\n', 'FFFFFFFFFFFFFFFFF\r\n', '5\r\nhello0\r\n\r\n'])(
    'with a broken chunk is 400: %j',
    async (body) => {
      const heads = [`Authorization: Bearer ${ADMIN_KEY}`, 'Content-Type: application/x-ndjson'];
      const sent = post(...heads, 'Transfer-Encoding: chunked') + body;
      expect(await answerTo(sent)).toEqual([400, 'validation_error']);
    },
  );
});

describe('headers', () => {
  const stats = (...headers: readonly string[]): string => get('/api/v1/stats', ...headers);
  const key = `Authorization: Bearer ${ADMIN_KEY}`;

  test('by the thousand are read, and more than that refused', async () => {
    const many = (count: number): string[] => Array.from({ length: count }, () => 'X: y');
    expect((await answerTo(stats(...many(1_998), key)))[0]).toBe(200);
    for (const count of [2_000, 2_100, 20_000])
      expect(await answerTo(stats(...many(count), key))).toEqual([431, 'validation_error']);
  });

  test.each([
    ['Authorization', [key, 'authorization: Bearer spoo_other']],
    ['Authorization, again', [key, key]],
    ['Host', ['Host: b', key]],
    ['Content-Type', [key, 'Content-Type: text/plain', 'content-type: application/json']],
  ])('that may come once are refused when they come twice: %s', async (_, headers) => {
    expect(await answerTo(stats(...headers))).toEqual([400, 'validation_error']);
  });

  test.each([
    ['folded', 'Authorization: Bearer\r\n spoo_x'],
    ['a NUL in a value', 'X: a\0b'],
    ['a CR in a value', 'X: a\rb'],
    ['a space in a name', 'X Y: a'],
    ['a space before the colon', 'X : a'],
    ['a name outside ASCII', 'X\xe9: a'],
    ['no name', ': a'],
    ['no colon', 'X'],
  ])('with %s are refused', async (_, header) => {
    expect(await answerTo(stats(key, header))).toEqual([400, 'validation_error']);
  });

  test('named like parts of JavaScript mean nothing', async () => {
    expect((await answerTo(stats('__proto__: x', 'constructor: y', key)))[0]).toBe(200);
  });
});

describe('a target', () => {
  const key = `Authorization: Bearer ${ADMIN_KEY}`;
  test.each([
    ['//api/v1/stats', 404],
    ['/api//v1/stats', 404],
    ['/api/v1/stats/', 404],
    ['/API/v1/stats', 404],
    ['/api/v1/%73tats', 404],
    ['/api/v1/../v1/stats', 404],
    ['/x/%2e%2e/api/v1/stats', 404],
    ['/assets/../index.html', 404],
    ['/assets/%2e%2e%2findex.html', 404],
    ['/assets/..%5cindex.html', 404],
    ['*', 404],
    ['http://elsewhere/api/v1/stats', 200],
    ['/api/v1/stats#x', 200],
    ['/api/v1/stats?scope=anon&short_code=%00', 400],
    ['elsewhere:80', 400],
    ['/a\0b', 400],
    ['/a\tb', 400],
    ['/a b', 400],
    ['/a\xffb', 400],
    [`/${'x'.repeat(131_072)}`, 431],
  ])('%j is answered %d', async (target, status) => {
    expect((await answerTo(get(target, key)))[0]).toBe(status);
  });

  test.each([
    ['HTTP/1.2', 400],
    ['HTTP/2.0', 400],
    ['HTTP/3.0', 400],
  ])('in %s is answered %d', async (version, status) => {
    expect((await answerTo(get('/health').replace('HTTP/1.1', version)))[0]).toBe(status);
  });

  test('without a version or in HTTP/1.0 is answered, and the connection closed', async () => {
    for (const bytes of ['GET /health\r\n\r\n', 'GET /health HTTP/1.0\r\n\r\n']) {
      const client = new RawClient(spoor.url, bytes);
      expect(await client.toEnd()).toBe('end');
      expect(client.received).toMatch(/\r\nContent-Length: 15\r\n[^]*\r\nConnection: close\r\n[^]*"ok"}$/);
    }
  });

  test('in HTTP/1.0 with keep-alive leaves the connection for the next', async () => {
    const old = 'GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
    const client = new RawClient(spoor.url, old + old + old.replace('keep-alive', 'close'));
    expect(await client.toEnd()).toBe('end');
    expect(client.received.match(/HTTP\/1.1 200 OK|"ok"}/g)).toHaveLength(6);
  });
});

describe('Expect: 100-continue', () => {
  const expecting = (...headers: readonly string[]): string =>
    post('Expect: 100-continue', 'Content-Length: 23', ...headers);

  test('is answered when the body is to be read', async () => {
    const heads = [`Authorization: Bearer ${ADMIN_KEY}`, 'Content-Type: application/x-ndjson'];
    const client = new RawClient(spoor.url, expecting(...heads));
    expect(await client.until('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.socket.write('{"short_code":"expect"}');
    expect(await client.until('}')).toContain('{"accepted":1,');
  });

  test.each([
    ['401', []],
    ['401', ['Authorization: Bearer spoo_unknown']],
    ['415', [`Authorization: Bearer ${ADMIN_KEY}`, 'Content-Type: text/plain']],
  ])('of a request that is refused by its head is not: %s', async (status, headers) => {
    const client = new RawClient(spoor.url, expecting(...headers));
    expect(await client.toEnd()).toBe('end');
    expect(client.received).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*\r\nConnection: close\r\n`));
  });
});

describe('a connection', () => {
  test.each(['GET /nothing HTTP/1.1', 'GET /nothing HTTP/1.1\r\nHost: a\r\nExpect: nonsense'])(
    'gets an answer with a body: %j',
    async (head) => {
      const { hostname, port } = new URL(spoor.url);
      const socket = connect(Number(port), hostname).setEncoding('utf8');
      let answer = '';
      socket.on('data', (text: string) => (answer += text));
      socket.write(`${head}\r\nConnection: close\r\n\r\n`);
      await once(socket, 'close');
      expect(answer).toMatch(/^HTTP\/1.1 404 /);
      expect(answer).toContain('"code":"not_found"');
    },
  );

  test('with a kept question and a body that is not HTTP is refused once, and the service goes on', async () => {
    const query = { start_date: '2026-01-01', end_date: '2026-01-02' };
    const { headers } = await spoor.send('GET', '/api/v1/stats', { query });
    const lines = [
      `GET /api/v1/stats?${new URLSearchParams(query).toString()} HTTP/1.1`,
      'Host: a',
      `Authorization: Bearer ${ADMIN_KEY}`,
    ];
    for (const more of [[], [`If-None-Match: ${headers.get('ETag')}`]]) {
      const head = [...lines, ...more, 'Transfer-Encoding: chunked'].join('\r\n');
      const client = new RawClient(spoor.url, `${head}\r\n\r\nno length\r\n`);
      expect(await client.toEnd()).toBe('end');
      expect(client.received.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 400']);
    }
    expect((await spoor.send('GET', '/api/v1/stats', { query })).status).toBe(200);
  });

  test('that never ends its headers is closed', async () => {
    const { hostname, port } = new URL(spoor.url);
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    let answer = '';
    socket.on('data', (text: string) => (answer += text));
    socket.write('GET /health HTTP/1.1\r\nHost: a\r\nX-Slow: ');
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
  });
});

describe('the pace of a body', () => {
  test('one that stands still is cut off; one that waits for the server is not', async () => {
    const arrived: IncomingMessage[] = [];
    const server = await listenWith(
      (incoming) => {
        arrived.push(incoming);
        if (incoming.url === '/read') incoming.resume();
      },
      { slowestMs: 100 },
    );
    const post = (path: string): ClientRequest => {
      const headers = { 'content-length': 2 * MIB };
      const outgoing = request(server.url + path, { method: 'POST', headers, agent: false });
      outgoing.on('error', () => {}).write(Buffer.alloc(MIB));
      return outgoing;
    };
    const waiting = post('/wait');
    await waitUntil('the first request', () => arrived.length === 1);
    const [answer] = await once(post('/read'), 'response');
    expect(answer.statusCode).toBe(408);
    expect(arrived[0]?.destroyed).toBe(false);
    waiting.destroy();
    await server.close();
  });
});
