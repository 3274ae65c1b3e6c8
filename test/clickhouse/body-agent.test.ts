import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { BodyAgent, bodyOf } from '../../src/clickhouse/body-agent.ts';
import { ChunkDecoder } from '../../src/clickhouse/chunk-decoder.ts';
import { giveBack, isLent } from '../../src/lib/read-buffers.ts';

let respond: (response: ServerResponse) => void = () => {};
const server = createServer((_request, response) => respond(response));
const agent = new BodyAgent();

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function responseOf(responding: (response: ServerResponse) => void): Promise<IncomingMessage> {
  respond = responding;
  const { port }: AddressInfo = Object(server.address());
  const sent = request({ host: '127.0.0.1', port, agent, headers: { Connection: 'close' } }).end();
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (response === undefined) throw new Error('There is no response.');
  return response;
}

/** Reads a body as a writer does that gives back what it has written. */
async function readAll(response: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of bodyOf(response)) {
    pieces.push(Buffer.from(piece));
    giveBack(piece);
  }
  return Buffer.concat(pieces);
}

/** Bytes that are like no others nearby. */
const DATA = randomBytes(1_048_576);

test('what is sent in chunks is read as it was, while buffers are used again', async () => {
  const part = fc.tuple(fc.nat(DATA.length - 400_000), fc.integer({ min: 1, max: 400_000 }));
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
      const chunks = parts.map(([from, bytes]) => DATA.subarray(from, from + bytes));
      const response = await responseOf((one) => {
        for (const chunk of chunks) one.write(chunk);
        one.end();
      });
      expect((await readAll(response)).equals(Buffer.concat(chunks))).toBe(true);
      expect(response.complete).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('most of a large body lies in buffers that can be given back', async () => {
  const response = await responseOf((one) => {
    for (let chunk = 0; chunk < 16; chunk++) one.write(DATA);
    one.end();
  });
  let lent = 0;
  for await (const piece of bodyOf(response)) if (isLent(piece)) lent += piece.length;
  expect(lent).toBeGreaterThan(8 * DATA.length);
});

test('a connection that breaks before the last chunk is a failure, one that breaks before it is read too', async () => {
  const breaking = (one: ServerResponse): void => {
    one.write('some', () => one.destroy());
  };
  await expect(readAll(await responseOf(breaking))).rejects.toThrow('aborted');
  const broken = await responseOf(breaking);
  if (!broken.socket.closed) await once(broken.socket, 'close');
  await expect(readAll(broken)).rejects.toThrow();
});

test.each([
  [500, {}],
  [200, { 'X-ClickHouse-Exception-Code': '60' }],
  [200, { 'Content-Length': '7' }],
])("a response of %d with %j is read by Node's own parser", async (status, headers) => {
  const response = await responseOf((one) => one.writeHead(status, headers).end('failure'));
  const pieces: Buffer[] = [];
  for await (const piece of response) if (Buffer.isBuffer(piece)) pieces.push(piece);
  expect(Buffer.concat(pieces).toString()).toBe('failure');
});

test('a head longer than a read, and a chunk whose bytes come one by one, are read', async () => {
  const cookies = Array.from({ length: 100 }, (_, index) => `c${index}=${'x'.repeat(100)}`);
  const response = await responseOf((one) => {
    one.writeHead(200, { 'Set-Cookie': cookies });
    one.end('whole');
  });
  expect((await readAll(response)).toString()).toBe('whole');
});

test('chunks are found wherever reads end', () => {
  const chunks = fc.array(fc.string({ minLength: 1, maxLength: 40 }), { maxLength: 8 });
  fc.assert(
    fc.property(chunks, fc.array(fc.nat(), { maxLength: 8 }), fc.boolean(), (texts, ends, isExtended) => {
      const sizeOf = (text: string): string =>
        `${Buffer.byteLength(text).toString(16)}${isExtended ? ';a=1' : ''}\r\n`;
      const all = Buffer.from([...texts.map((text) => `${sizeOf(text)}${text}\r\n`), '0\r\n\r\n'].join(''));
      const cuts = [0, ...ends.map((end) => end % all.length).toSorted((a, b) => a - b), all.length];
      const decoder = new ChunkDecoder();
      let found = '';
      for (const [index, cut] of cuts.slice(1).entries()) {
        const bytes = all.subarray(cuts[index], cut);
        for (const [start, end] of decoder.decode(bytes)) found += bytes.toString('latin1', start, end);
      }
      expect(found).toBe(Buffer.from(texts.join('')).toString('latin1'));
      expect(decoder.isWhole).toBe(true);
    }),
  );
});

test.each(['x\r\n', '\r\n', '2\r\nabc', '1234567890123\r\n'])('%j is no chunk', (text) => {
  expect(() => new ChunkDecoder().decode(Buffer.from(text))).toThrow('chunk');
});
