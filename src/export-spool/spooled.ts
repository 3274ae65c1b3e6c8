import { Backlog } from './backlog.ts';
import type { SpoolFile } from './spool-file.ts';

const LOOK_MS = 250;
/** A reader that is behind at each of so many looks is slow. */
const LOOKS = 6;

export interface SpoolingReader {
  /** A file for what the reader leaves lying; undefined when there is none to be had. */
  readonly createFile: () => Promise<SpoolFile | undefined>;
  /** Whether the reader has yet to take what it was given. */
  readonly isBehind: () => boolean;
}

/**
 * Passes pieces on as they are asked for. When the reader is slow, the source is read to its end all the same and what it
 * still gives waits in a file: whatever the source holds on to, ClickHouse's memory above all, is let go of. A reader
 * that keeps pace never meets the disk; where there is no room on it, the source waits for the reader.
 */
export async function* spooled(
  source: AsyncIterable<Buffer | string>,
  { createFile, isBehind }: SpoolingReader,
): AsyncGenerator<Buffer | string> {
  const pieces = source[Symbol.asyncIterator]();
  let backlog: Backlog | undefined;
  let isGivenOut = false;
  let behind = 0;
  const watch = setInterval(() => {
    behind = isGivenOut && isBehind() ? behind + 1 : 0;
    if (behind >= LOOKS) backlog ??= new Backlog(pieces, createFile);
  }, LOOK_MS);
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
    clearInterval(watch);
    await backlog?.close();
    await pieces.return?.();
  }
}
