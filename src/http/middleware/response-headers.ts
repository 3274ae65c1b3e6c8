import cors from '@koa/cors';
import type { Middleware } from 'koa';
import { securityHeaderList } from '../response/security-headers.ts';

/** Sets the security headers. A route with a page sets its own policy. */
export function securityHeaders(): Middleware {
  const headers = securityHeaderList();
  return (ctx, next) => {
    for (const [name, value] of headers) ctx.res.setHeader(name, value);
    return next();
  };
}

const PREFLIGHT_SECONDS = 600;

/**
 * Lets pages of other origins read the API; never with a browser's own credentials, only with a key that the page has.
 * @param origins such as `https://app.example.com`; `*` lets every page
 */
export function crossOrigin(origins: readonly string[]): Middleware {
  return cors({
    origin: origins.includes('*')
      ? '*'
      : (ctx) => {
          const origin = ctx.get('origin');
          return origins.includes(origin) ? origin : '';
        },
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    allowHeaders: ['Authorization', 'Content-Type', 'Content-Encoding', 'Idempotency-Key', 'If-None-Match'],
    exposeHeaders: [
      'Content-Disposition',
      'ETag',
      'Retry-After',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
    ],
    maxAge: PREFLIGHT_SECONDS,
  });
}
