import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { giveBack } from '../../lib/read-buffers.ts';

/**
 * Writes bytes as fast as they are taken, gives their buffers back, and ends the stream.
 * @throws what reading them throws, and Error when the stream closes before all of them are taken; it is then destroyed
 */
export async function writeBytes(bytes: AsyncIterable<Buffer | string>, into: Writable): Promise<void> {
  const closed = new AbortController();
  into.once('close', () => closed.abort());
  // It is told by what this throws.
  into.on('error', () => {});
  try {
    for await (const piece of bytes) {
      if (into.destroyed) break;
      const isReady = into.write(piece, (error) => {
        if (error == null) giveBack(piece);
      });
      if (!isReady && !into.destroyed) await once(into, 'drain', { signal: closed.signal });
    }
    if (into.destroyed) throw new Error('The connection was closed.');
    into.end();
    await finished(into);
  } catch (error) {
    into.destroy();
    throw error;
  }
}
