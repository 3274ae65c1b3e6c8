import type { Middleware } from 'koa';
import { commonHeaders } from '../response/common-headers.ts';

/** Sets the headers that every response has. A route with a page sets its own policy. */
export function responseHeaders(corsOrigins: readonly string[]): Middleware {
  const headersOf = commonHeaders(corsOrigins);
  return (ctx, next) => {
    const headers = headersOf(ctx.req);
    for (let place = 0; place < headers.length; place += 2) {
      ctx.res.setHeader(headers[place] ?? '', headers[place + 1] ?? '');
    }
    return next();
  };
}
