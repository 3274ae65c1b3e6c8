import pino, { type Logger } from 'pino';
import type { Config } from '../config.ts';

/** Lines wait for others this long, or until there are so many characters of them: one write then does for many requests. */
const FLUSH_MS = 100;
const MIN_CHARACTERS = 8_192;

/**
 * A log of JSON lines on standard output. Nothing that names a person or a secret is ever passed to it. What is buffered
 * when the process exits, also by an uncaught error, is written then.
 */
export function createLog(level: Config['logLevel']): Logger {
  const options = { level, base: null, timestamp: lineTime() };
  if (level === 'silent') return pino(options);
  // Not `sync: false`: at an exit, its write under way may be lost, and what is buffered overtakes it.
  const output = pino.destination({ sync: true, minLength: MIN_CHARACTERS, periodicFlush: FLUSH_MS });
  process.once('exit', () => {
    // Not `flushSync`, which tries again for ever where nobody reads the log any more.
    output.on('error', () => {});
    output.end();
  });
  return pino(options, output);
}

/** The time of a line as a JSON member; formatted once for all lines of a millisecond. */
function lineTime(): () => string {
  let last = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== last) text = `,"time":"${new Date(now).toISOString()}"`;
    last = now;
    return text;
  };
}
