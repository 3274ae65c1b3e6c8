import type { lookup } from 'node:dns';
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { type WebhookCall, callWebhook, webhookSecret } from '../../src/schedules/webhook.ts';

const SECRET = webhookSecret('a secret of the tests', 'schedule');
const never = new AbortController().signal;

let server: Server;
let base: string;
const received: {
  readonly url: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}[] = [];

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  const { url = '', headers } = request;
  received.push({ url, body: Buffer.concat(pieces).toString(), headers });
  if (url === '/silent') return;
  const status = Number(url.slice(1));
  response.writeHead(status, status === 302 ? { location: '/redirected' } : {});
  // It does not end.
  response.write('x'.repeat(65_536));
}

beforeAll(async () => {
  server = createServer((request, response) => void receive(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** How often a path was called. A call that was given up may come while a later test runs, so each counts its own. */
const callsOf = (path: string): number => received.filter(({ url }) => url === path).length;

const callTo = (url: string): WebhookCall => ({
  url,
  secret: SECRET,
  id: 'msg_1',
  body: '{"a":1}',
  at: Date.now(),
});
const reach = (url: string, more: Partial<Parameters<typeof callWebhook>[1]> = {}) =>
  callWebhook(callTo(url), { allowsPrivate: true, signal: never, ...more });

test('a receiver can verify what it gets', async () => {
  await reach(`${base}/200`);
  const last = received.at(-1);
  if (last === undefined) throw new Error('Nothing was received.');
  const { body, headers } = last;
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  const sent = Object.fromEntries(names.map((name) => [name, String(headers[name])]));
  expect(new Webhook(SECRET).verify(body, sent)).toEqual({ a: 1 });
  expect(sent['webhook-id']).toBe('msg_1');
  expect(() => new Webhook(webhookSecret('a secret of the tests', 'other')).verify(body, sent)).toThrow();
});

test.each([
  ['500', 'The webhook responded with status 500.'],
  ['404', 'The webhook responded with status 404.'],
])('status %s is a failure', async (status, message) => {
  await expect(reach(`${base}/${status}`)).rejects.toThrow(message);
});

test('a redirect is not followed', async () => {
  await expect(reach(`${base}/302`)).rejects.toThrow('status 302, and redirects are not followed');
  expect([callsOf('/302'), callsOf('/redirected')]).toEqual([1, 0]);
});

test('one that does not answer is given up', async () => {
  await expect(reach(`${base}/silent`, { timeoutMs: 50 })).rejects.toThrow('no response in time');
});

test('a stop is no failure of the webhook', async () => {
  await expect(reach(`${base}/silent`, { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow(
    'stopped',
  );
});

describe('unless private addresses are allowed', () => {
  const REFUSED = 'not one of the public internet';
  const port = (): string => new URL(base).port;

  test.each([
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0x7f.1',
    '2130706433',
    '0',
    '0.0.0.0',
    '0177.0.0.1',
    '0x7f000001',
    '127.1',
    '127.0.0.1.',
    '127。0。0。1',
    '①②⑦.0.0.1',
    'user:password@127.0.0.1',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b::127.0.0.1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fd00::1]',
    '169.254.169.254',
    '[::ffff:a9fe:a9fe]',
  ])('%s is not called', async (host) => {
    await expect(reach(`http://${host}:${port()}/201`, { allowsPrivate: false })).rejects.toThrow(REFUSED);
    expect(callsOf('/201')).toBe(0);
  });

  test('a name is judged by the addresses that are connected to, each time', async () => {
    let asked = 0;
    const resolve = ((_name: string, _options: unknown, done: (...args: unknown[]) => void) => {
      asked++;
      done(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ]);
    }) as unknown as typeof lookup;
    const options = { allowsPrivate: false, lookup: resolve };
    await expect(reach(`http://public.example:${port()}/202`, options)).rejects.toThrow(REFUSED);
    await expect(reach(`http://public.example:${port()}/202`, options)).rejects.toThrow(REFUSED);
    expect([asked, callsOf('/202')]).toEqual([2, 0]);
  });

  test('of a name with public and private addresses only the public ones are connected to', async () => {
    const resolve = ((_name: string, _options: unknown, done: (...args: unknown[]) => void) => {
      // Nobody answers at the first, and nothing is tried after it.
      done(null, [
        { address: '8.8.8.8', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    }) as unknown as typeof lookup;
    const options = { allowsPrivate: false, lookup: resolve, timeoutMs: 500 };
    await expect(reach(`http://public.example:${port()}/203`, options)).rejects.toThrow(
      'could not be called',
    );
    expect(callsOf('/203')).toBe(0);
  });
});
