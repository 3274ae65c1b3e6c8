import { afterEach, expect, test } from '@jest/globals';
import { discardRest } from '../../../src/http/body/discard.ts';
import type { Listening } from '../../../src/http/server/listen.ts';
import { listenWith } from '../../support/raw-client.ts';

const MIB = 1_048_576;

let server: Listening;
afterEach(() => server.close());

interface Discarded {
  /** How much was read before the response. */
  readonly read: number;
  /** How often reading paused. */
  readonly pauses: number;
  /** How long the response took. */
  readonly ms: number;
}

/** Sends a body that is thrown away. */
async function discarded(bytes: number, most?: number): Promise<Discarded> {
  let [read, pauses] = [0, 0];
  const start = performance.now();
  server = await listenWith((request, response) => {
    request.on('pause', () => pauses++);
    void discardRest(request, (piece) => (read += piece), most).then(() => response.end(String(read)));
  });
  const response = await fetch(server.url, { method: 'POST', body: Buffer.alloc(bytes) });
  return { read: Number(await response.text()), pauses, ms: performance.now() - start };
}

test('a small rest is read as fast as it comes', async () => {
  expect(await discarded(MIB)).toMatchObject({ read: MIB, pauses: 0 });
});

test('a large one is read to its end, with pauses', async () => {
  const { read, pauses, ms } = await discarded(12 * MIB);
  expect(read).toBe(12 * MIB);
  // What comes more slowly than it may be read needs no pause: 32 MiB a second after the first 4.
  expect(pauses > 0 || ms >= 250).toBe(true);
});

test('no more is read than enough', async () => {
  const { read } = await discarded(4 * MIB, MIB);
  expect(read).toBeGreaterThan(MIB);
  expect(read).toBeLessThan(4 * MIB);
});
