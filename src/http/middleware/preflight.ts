import type { Middleware } from 'koa';
import { allowedOrigin } from '../response/common-headers.ts';

const PREFLIGHT_SECONDS = 600;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'];
const OWN_HEADERS = ['Authorization', 'Content-Type', 'Content-Encoding', 'Idempotency-Key', 'If-None-Match'];

/** Headers that a page may name besides, such as those of tracing; nothing here reads them. */
const MAX_OTHER_HEADERS = 64;
const SAFE_NAME = /^[\w-]{1,64}$/;

/** Responds to CORS preflight requests from the configured origins. */
export function preflight(corsOrigins: readonly string[]): Middleware {
  return async (ctx, next) => {
    const isPreflight = ctx.method === 'OPTIONS' && ctx.get('access-control-request-method') !== '';
    if (!isPreflight || allowedOrigin(corsOrigins, ctx.req) === undefined) {
      await next();
      return;
    }
    ctx.status = 204;
    ctx.set({
      'Access-Control-Allow-Methods': METHODS.join(','),
      'Access-Control-Allow-Headers': allowedHeaders(ctx.get('access-control-request-headers')).join(','),
      'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
    });
    if (ctx.get('access-control-request-private-network') === 'true') {
      ctx.set('Access-Control-Allow-Private-Network', 'true');
    }
  };
}

function allowedHeaders(requested: string): readonly string[] {
  const own = new Set(OWN_HEADERS.map((name) => name.toLowerCase()));
  const names = requested.split(',', MAX_OTHER_HEADERS).map((name) => name.trim().toLowerCase());
  const others = names.filter((name) => SAFE_NAME.test(name) && !own.has(name));
  return [...OWN_HEADERS, ...new Set(others)];
}
