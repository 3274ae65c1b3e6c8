import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import { streamBody } from '../../../src/http/body/body-stream.ts';
import type { Listening } from '../../../src/http/server/listen.ts';
import { waitUntil } from '../../support/process.ts';
import { listenWith } from '../../support/raw-client.ts';

let server: Listening;
const requests: ClientRequest[] = [];
afterEach(async () => {
  for (const outgoing of requests.splice(0)) outgoing.destroy();
  await server.close();
});

/** What the server has read of each path's body, and how reading it ended. */
const read = new Map<string, number>();
const failures = new Map<string, unknown>();

/** Reads bodies; that of `/busy` once `free` is called, and the pace of `/unpaced` is nobody's business. */
async function start(limits: { readonly slowestMs?: number; readonly deadlineMs?: number } = {}) {
  let free = (): void => {};
  const isFree = new Promise<void>((resolve) => (free = resolve));
  const receive = async ({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pieces } = streamBody(response.req, url !== '/unpaced');
    try {
      for await (const piece of pieces) {
        read.set(url, (read.get(url) ?? 0) + piece.length);
        if (url === '/busy') await isFree;
      }
      response.end(String(read.get(url)));
    } catch (error) {
      failures.set(url, error);
    }
  };
  server = await listenWith((incoming, response) => void receive(incoming, response), limits);
  return free;
}

/** Begins to send a body. */
async function begin(path: string): Promise<ClientRequest> {
  const outgoing = request(server.url + path, { method: 'POST', agent: false }).on('error', () => {});
  requests.push(outgoing);
  read.delete(path);
  outgoing.write('begun');
  await waitUntil('the body', () => read.has(path));
  return outgoing;
}

async function responseTo(outgoing: ClientRequest): Promise<readonly [number | undefined, string]> {
  const [response]: IncomingMessage[] = await once(outgoing, 'response');
  return [response?.statusCode, response === undefined ? '' : await text(response)];
}

test('leaves its connection to the next request where only its beginning was read', async () => {
  server = await listenWith((incoming, response) => {
    void (async () => {
      const { pieces, discard } = streamBody(incoming, true);
      await pieces[Symbol.asyncIterator]().next();
      response.end('begun');
      discard();
    })();
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let time = 0; time < 2; time++) {
    const outgoing = request(server.url, { method: 'POST', agent });
    requests.push(outgoing);
    outgoing.end(Buffer.alloc(1_000_000));
    expect(await responseTo(outgoing)).toEqual([200, 'begun']);
  }
  agent.destroy();
});

test('has no deadline, and a pace only while its client is waited for', async () => {
  const free = await start({ slowestMs: 1_500, deadlineMs: 100 });
  const [busy, unpaced] = [await begin('/busy'), await begin('/unpaced')];
  const slow = await begin('/slow');
  expect(await responseTo(slow)).toEqual([408, expect.stringContaining('too slowly')]);
  // The others have sent as little for as long.
  free();
  for (const outgoing of [busy, unpaced]) {
    const answer = responseTo(outgoing);
    outgoing.end(' ended');
    expect(await answer).toEqual([200, '11']);
  }
});

test('whose connection is cut is an error that says so', async () => {
  await start();
  (await begin('/cut')).destroy();
  await waitUntil('the end', () => failures.has('/cut'));
  expect(failures.get('/cut')).toMatchObject({
    code: 'validation_error',
    message: expect.stringContaining('cut'),
  });
});
