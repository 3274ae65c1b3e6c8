import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, type Socket, createServer as createTcpServer } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Bucket, DestinationDown } from '../../src/export-jobs/bucket.ts';

const SETTINGS = {
  bucket: 'exports',
  region: 'us-east-1',
  prefix: '',
  accessKeyId: 'id',
  secretAccessKey: 'secret',
};

/** A store whose responses never end. */
const server = createServer(
  (_, response) => void pipeline(Readable.from(endless()), response).catch(() => {}),
);
let bucket: Bucket;
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  bucket = new Bucket('endless', {
    ...SETTINGS,
    endpoint: `http://127.0.0.1:${port}`,
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function* endless(): Generator<string> {
  yield '<Result>';
  for (;;) yield 'x'.repeat(16_384);
}

test('of a response that never ends only the beginning is read', async () => {
  const { text } = await bucket.send({ method: 'GET', key: 'any' });
  expect(text).toMatch(/^<Result>x+$/);
  expect(text.length).toBeLessThan(1_048_576);
});

test.each([
  ['takes no byte', undefined],
  ['takes all and does not respond', (socket: Socket) => void socket.resume()],
])('a store that %s is given up, and not tried again at once', async (_, take = () => {}) => {
  const sockets: Socket[] = [];
  const silent = createTcpServer({ pauseOnConnect: true }, (socket) => {
    sockets.push(socket);
    take(socket);
  });
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const { port } = silent.address() as AddressInfo;
  const hanging = new Bucket('hanging', { ...SETTINGS, endpoint: `http://127.0.0.1:${port}` }, 100);
  try {
    const sent = hanging.send({ method: 'PUT', key: 'any', body: Buffer.alloc(16 * 1_048_576) });
    await expect(sent).rejects.toThrow(DestinationDown);
    expect(sockets).toHaveLength(1);
  } finally {
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});
