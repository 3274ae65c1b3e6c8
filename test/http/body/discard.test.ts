import { afterEach, expect, test } from '@jest/globals';
import { discardRest } from '../../../src/http/body/discard.ts';
import type { Listening } from '../../../src/http/server/listen.ts';
import { listenWith } from '../../support/raw-client.ts';

const MIB = 1_048_576;

let server: Listening;
afterEach(() => server.close());

/** Sends a body that is thrown away. @returns how much of it was read before the response, and how often reading paused */
async function discarded(bytes: number, most?: number): Promise<{ read: number; pauses: number }> {
  let [read, pauses] = [0, 0];
  server = await listenWith((request, response) => {
    request.on('pause', () => pauses++);
    void discardRest(request, (piece) => (read += piece), most).then(() => response.end(String(read)));
  });
  const response = await fetch(server.url, { method: 'POST', body: Buffer.alloc(bytes) });
  return { read: Number(await response.text()), pauses };
}

test('a small rest is read as fast as it comes', async () => {
  expect(await discarded(MIB)).toEqual({ read: MIB, pauses: 0 });
});

test('a large one is read to its end, with pauses', async () => {
  const { read, pauses } = await discarded(12 * MIB);
  expect(read).toBe(12 * MIB);
  expect(pauses).toBeGreaterThan(0);
});

test('no more is read than enough', async () => {
  const { read } = await discarded(4 * MIB, MIB);
  expect(read).toBeGreaterThan(MIB);
  expect(read).toBeLessThan(4 * MIB);
});
