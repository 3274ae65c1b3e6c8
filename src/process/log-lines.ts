import pino, { type DestinationStream } from 'pino';

/** How long a line waits for others, and for how much of them. */
const HELD_MS = 100;
const HELD_CHARACTERS = 16_384;

/**
 * Standard output, written to a little late, so that one write does for the lines of many requests. What is held when
 * the process ends, by an exit or an uncaught error, is written then.
 */
export function linesTogether(): DestinationStream {
  const output = pino.destination({ sync: true });
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (lines !== '') output.write(lines);
    lines = '';
  };
  let isFirst = true;
  return {
    write: (line) => {
      lines += line;
      if (lines.length > HELD_CHARACTERS) flush();
      else timer ??= setTimeout(flush, HELD_MS).unref();
      if (isFirst) process.once('exit', flush);
      isFirst = false;
    },
  };
}

/** The time of a line as a JSON member; worked out once for all lines of a millisecond. */
export function lineTime(): () => string {
  let last = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== last) text = `,"time":"${new Date(now).toISOString()}"`;
    last = now;
    return text;
  };
}
