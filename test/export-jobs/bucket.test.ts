import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Bucket } from '../../src/export-jobs/bucket.ts';

/** A store whose responses never end. */
const server = createServer(
  (_, response) => void pipeline(Readable.from(endless()), response).catch(() => {}),
);
let bucket: Bucket;
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  bucket = new Bucket('endless', {
    endpoint: `http://127.0.0.1:${port}`,
    bucket: 'exports',
    region: 'us-east-1',
    prefix: '',
    accessKeyId: 'id',
    secretAccessKey: 'secret',
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
