import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** On the request itself: a WeakMap with an entry for each request is more work for the garbage collector. */
const ID = Symbol('request id');

declare module 'node:http' {
  interface IncomingMessage {
    [ID]?: string;
  }
}

/**
 * Names a request in its response and in the log: by the `X-Request-ID` it came with where that is fit to be logged, else by a
 * new one. The same whenever it is asked.
 */
export function requestIdOf(request: IncomingMessage): string {
  return (request[ID] ??= newIdOf(request.headers['x-request-id']));
}

function newIdOf(given: string | readonly string[] | undefined): string {
  return typeof given === 'string' && isLoggable(given) ? given : randomUUID();
}

/** No log line has a key or an address in it, also where a client puts one here. */
function isLoggable(given: string): boolean {
  return /^[\w.-]{1,128}$/.test(given) && !given.includes('spoo_') && isIP(given) === 0;
}
