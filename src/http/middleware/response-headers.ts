import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import cors from '@koa/cors';
import type { Middleware } from 'koa';
import helmet from 'helmet';

const SECURITY_HEADERS = {
  // An answer of the API is data: nothing in it is to be run, loaded or framed.
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  frameguard: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  // Spoor itself speaks plain HTTP, on the loopback interface or behind a proxy: whether the name it goes by is to be
  // had by HTTPS alone is for whoever ends the TLS to say.
  hsts: false,
} as const;

/**
 * Headers that tell a browser to do nothing with an answer but hand it over: names and values. They are the same for
 * every answer, so they are worked out once.
 */
export function securityHeaderList(): readonly (readonly [string, string])[] {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet(SECURITY_HEADERS)(request, response, (error) => {
    if (error !== undefined) throw error;
  });
  return response.getHeaderNames().map((name) => [name, String(response.getHeader(name))]);
}

/** Sets those headers. A route with a page sets its own. */
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
          const asking = ctx.get('origin');
          return origins.includes(asking) ? asking : '';
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
