import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { watchPace } from '../../src/http/pace.ts';
import { waitUntil } from '../support/process.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';

const MIB = 1_048_576;

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
});
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
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    watchPace(server, 100);
    const arrived: IncomingMessage[] = [];
    server.on('request', (incoming: IncomingMessage) => {
      arrived.push(incoming);
      if (incoming.url === '/read') incoming.resume();
    });
    const { port } = server.address() as AddressInfo;
    const post = (path: string): ClientRequest => {
      const outgoing = request({ port, path, method: 'POST', headers: { 'content-length': 2 * MIB } });
      outgoing.on('error', () => {}).write(Buffer.alloc(MIB));
      return outgoing;
    };
    const waiting = post('/wait');
    await waitUntil('the first request', () => arrived.length === 1);
    const standing = post('/read');
    const [error] = await once(server, 'clientError');
    expect(error.code).toBe('ERR_HTTP_REQUEST_TIMEOUT');
    expect(arrived[0]?.destroyed).toBe(false);
    waiting.destroy();
    standing.destroy();
    server.close();
    server.closeAllConnections();
  });
});

describe('bodies in memory', () => {
  test('what is too much for all together is 503 to one, and room again when the others have gone', async () => {
    const large = Buffer.alloc(60 * MIB, ' ');
    const upload = (): ClientRequest =>
      request(`${spoor.url}/api/v1/clicks`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/x-ndjson' },
      }).on('error', () => {});
    const uploads = Array.from({ length: 4 }, upload);
    await Promise.all(
      uploads.map((outgoing) => new Promise((resolve) => outgoing.write(large, () => resolve(undefined)))),
    );
    const [refused] = await once(upload().end(large), 'response');
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    for (const outgoing of uploads) outgoing.destroy();
    await waitUntil('room again', async () => {
      const answer = await spoor.send('POST', '/api/v1/clicks', { body: Buffer.alloc(50 * MIB, ' ') });
      return answer.status === 200;
    });
  });
});
