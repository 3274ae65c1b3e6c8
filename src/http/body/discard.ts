import type { IncomingMessage } from 'node:http';

/** Bytes of an unwanted body that are read as fast as they come. */
const FAST_BYTES = 4 * 1_048_576;
/** Bytes of the rest that are read in a second: one who sends refused bodies again and again costs little, and is slowed down. */
const BYTES_A_SECOND = 32 * 1_048_576;
const SHORTEST_PAUSE_MS = 10;

/**
 * Reads the rest of a body and throws it away: many clients read the response only once they have sent everything.
 * @param read called with the number of bytes of each piece
 * @param mostBytes after which the rest stays unread
 * @returns when it has ended, or enough of it has been read
 */
export async function discardRest(
  request: IncomingMessage,
  read: (bytes: number) => void = () => {},
  mostBytes = Infinity,
): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  const started = performance.now();
  let size = 0;
  await new Promise<void>((resolve) => {
    request.on('data', ({ length }: Buffer) => {
      size += length;
      read(length);
      if (size > mostBytes) resolve();
      const ahead = ((size - FAST_BYTES) / BYTES_A_SECOND) * 1_000 - (performance.now() - started);
      if (ahead < SHORTEST_PAUSE_MS) return;
      request.pause();
      setTimeout(() => request.resume(), ahead).unref();
    });
    request.once('end', resolve);
    request.once('close', resolve);
    request.once('error', () => resolve());
    request.resume();
  });
}
