import { Backlog } from './backlog.ts';
import type { SpoolFile } from './spool-file.ts';

const POLL_MS = 250;
/** A reader that is behind at each of so many polls is slow. */
const SLOW_POLLS = 6;

export interface SpoolingReader {
  /** A file for what the reader has not taken yet; undefined when none can be created. */
  readonly createFile: () => Promise<SpoolFile | undefined>;
  /** Whether the reader has yet to take what it was given. */
  readonly isBehind: () => boolean;
}

/**
 * Passes pieces on as they are consumed. If the reader is slow, the source is read to its end all the same and the rest
 * waits in a file, so that whatever the source holds, ClickHouse's memory above all, is released. A reader that keeps pace
 * never involves the disk; where the disk has no room, the source waits for the reader.
 */
export async function* spooled(
  source: AsyncIterable<Buffer | string>,
  { createFile, isBehind }: SpoolingReader,
): AsyncGenerator<Buffer | string> {
  const pieces = source[Symbol.asyncIterator]();
  let backlog: Backlog | undefined;
  let isGivenOut = false;
  let behind = 0;
  const poll = setInterval(() => {
    behind = isGivenOut && isBehind() ? behind + 1 : 0;
    if (behind >= SLOW_POLLS) backlog ??= new Backlog(pieces, createFile);
  }, POLL_MS);
  try {
    for (;;) {
      const { done, value } = await pieces.next();
      if (done === true) return;
      isGivenOut = true;
      yield value;
      isGivenOut = false;
      if (backlog === undefined) continue;
      yield* backlog.pieces();
      const { isWhole } = backlog;
      await backlog.close();
      backlog = undefined;
      behind = 0;
      if (isWhole) return;
    }
  } finally {
    clearInterval(poll);
    await backlog?.close();
    await pieces.return?.();
  }
}
