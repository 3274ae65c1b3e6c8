import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

const ids = new WeakMap<IncomingMessage, string>();

/**
 * Names a request in its response and in the log: by the `X-Request-ID` it came with where that is fit to be logged, else by a
 * new one. The same whenever it is asked.
 */
export function requestIdOf(request: IncomingMessage): string {
  const known = ids.get(request);
  if (known !== undefined) return known;
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && isLoggable(given) ? given : randomUUID();
  ids.set(request, id);
  return id;
}

/** No log line has a key or an address in it, also where a client puts one here. */
function isLoggable(given: string): boolean {
  return /^[\w.-]{1,128}$/.test(given) && !given.includes('spoo_') && isIP(given) === 0;
}
