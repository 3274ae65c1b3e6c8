import type { IncomingMessage } from 'node:http';
import { requestIdOf } from '../request/request-id.ts';
import { securityHeaderList } from './security-headers.ts';

/** The headers of a response to a request: names and values in turn, as `writeHead` takes them; others may be added. */
export type CommonHeaders = (request: IncomingMessage) => string[];

/** What a page of another origin may read of a response besides its body. */
const EXPOSED = [
  'Content-Disposition',
  'ETag',
  'Retry-After',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-Request-ID',
  'X-Error-Code',
  'Server-Timing',
  'X-Spoor-Rows-Read',
];

/**
 * The headers that every response has, whoever sends it: a route, the cache or the server itself.
 * @param corsOrigins origins whose pages may read the API, with a key that they have, never with a browser's own credentials
 */
export function commonHeaders(corsOrigins: readonly string[]): CommonHeaders {
  const security = securityHeaderList().flat();
  const constant = corsOrigins.length === 0 ? security : [...security, 'Vary', 'Origin'];
  const exposed = ['Access-Control-Expose-Headers', EXPOSED.join(',')];
  return (request) => {
    const headers = [...constant, 'X-Request-ID', requestIdOf(request)];
    const origin = allowedOrigin(corsOrigins, request);
    if (origin !== undefined) headers.push('Access-Control-Allow-Origin', origin, ...exposed);
    return headers;
  };
}

/** What to name as the origin that may read the response; undefined where the page that asks may not. */
export function allowedOrigin(
  corsOrigins: readonly string[],
  { headers: { origin } }: Pick<IncomingMessage, 'headers'>,
): string | undefined {
  if (origin === undefined) return undefined;
  if (corsOrigins.includes('*')) return '*';
  return corsOrigins.includes(origin) ? origin : undefined;
}
