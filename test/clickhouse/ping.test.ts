import { type AddressInfo, createServer } from 'node:net';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { Database } from '../../src/clickhouse/database.ts';

test('pings at the same time share one query', async () => {
  let asked = 0;
  const hanging = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => (asked += bytes.toString('latin1').split('POST /').length - 1));
  });
  hanging.listen(0, '127.0.0.1');
  await once(hanging, 'listening');
  const { port } = hanging.address() as AddressInfo;
  const database = new Database({ url: `http://127.0.0.1:${port}`, user: 'default', password: '' }, 'none');
  const results = await Promise.all(Array.from({ length: 200 }, () => database.ping()));
  expect(new Set(results)).toEqual(new Set([false]));
  expect(asked).toBe(1);
  expect(await database.ping()).toBe(false);
  expect(asked).toBe(2);
  await database.close();
  hanging.close();
});
