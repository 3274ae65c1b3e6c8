import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ParsedRequest } from '../../cache/parsed-requests.ts';
import type { StatsResponse } from '../../cache/stored-responses.ts';
import type { Services } from '../request/services.ts';
import { CACHED_TIMING } from '../request/stage-times.ts';
import { findTenant } from '../request/tenant.ts';
import { commonHeaders } from '../response/common-headers.ts';
import { matchesTag, weakEtag } from '../response/etag.ts';
import { STATS_HEADERS } from '../response/stats-response.ts';
import { knownPrincipals } from './authenticate.ts';
import { requestWatch } from './request-log.ts';

const ROUTE = '/api/v1/stats';
const PREFIX = `${ROUTE}?`;
const DESCRIBED = { method: 'GET', route: ROUTE };
const TIMING = Object.entries(CACHED_TIMING).flat();
const { 'Content-Type': JSON_TYPE, 'Cache-Control': CACHE_CONTROL } = STATS_HEADERS;

/**
 * Serves a repeated stats request of a client without a rate limit from the cache, without the application around it: the key is
 * verified, the tenant is found, and the cached response is sent. Everything else, errors too, falls back to the
 * application, which starts again and would respond alike.
 * @param fallback the application
 */
export function cachedStats(services: Services, fallback: RequestListener): RequestListener {
  const { cache, corsOrigins, rateLimits } = services;
  const findPrincipal = knownPrincipals(services);
  const watch = requestWatch(services);
  const headersOf = commonHeaders(corsOrigins);

  const find = async (
    parsed: ParsedRequest,
    request: IncomingMessage,
  ): Promise<StatsResponse | undefined> => {
    try {
      const principal = await findPrincipal(request);
      if (principal === undefined && request.headers.authorization !== undefined) return undefined;
      if (rateLimits !== undefined && principal?.rateLimit !== 'unlimited') return undefined;
      return await cache.findResponse(parsed, await findTenant(services, parsed.subject, principal));
    } catch {
      return undefined;
    }
  };

  const send = (request: IncomingMessage, response: ServerResponse, found: StatsResponse): void => {
    const { body, tag } = found;
    watch(response, () => DESCRIBED);
    const headers = headersOf(request);
    headers.push('Cache-Control', CACHE_CONTROL, 'ETag', weakEtag(tag), ...TIMING);
    if (matchesTag(request.headers['if-none-match'] ?? '', tag)) {
      response.writeHead(304, headers).end();
      return;
    }
    headers.push('Content-Type', JSON_TYPE, 'Content-Length', String(body.length));
    response.writeHead(200, headers).end(body);
  };

  const serve = async (
    parsed: ParsedRequest,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const found = await find(parsed, request);
    // Bytes after the head that are no HTTP have had it refused meanwhile.
    if (response.headersSent) return;
    if (found === undefined) fallback(request, response);
    else send(request, response, found);
  };

  return (request, response) => {
    const { method, url = '' } = request;
    const isCandidate = method === 'GET' && url.startsWith(PREFIX);
    const parsed = isCandidate ? cache.findRequest(url.slice(PREFIX.length)) : undefined;
    if (parsed === undefined) fallback(request, response);
    else void serve(parsed, request, response);
  };
}
