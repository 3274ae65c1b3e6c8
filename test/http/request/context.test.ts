import { once } from 'node:events';
import { type ServerResponse, createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signalOf } from '../../../src/http/request/context.ts';

const server = createServer();

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterAll(() => {
  server.close();
});

async function request() {
  const asked = new Promise<ServerResponse>((resolve) => server.once('request', (_, res) => resolve(res)));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
  const res = await asked;
  return { socket, res, closed: once(res, 'close') };
}

test('the signal of a request aborts when its client leaves', async () => {
  const { socket, res, closed } = await request();
  const signal = signalOf({ res });
  expect(signal.aborted).toBe(false);
  socket.destroy();
  await closed;
  expect(signal.aborted).toBe(true);
});

test('the signal of a request whose client has left before has aborted', async () => {
  const { socket, res, closed } = await request();
  socket.destroy();
  await closed;
  expect(signalOf({ res }).aborted).toBe(true);
});
