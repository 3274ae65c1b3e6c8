import type { Middleware } from 'koa';
import type { SentAnswer } from '../answers/kept-answers.ts';
import { AppError } from '../errors.ts';
import type { State } from './context.ts';
import { securityHeaderList } from './headers.ts';
import { ANSWER_HEADERS, etagOf, findKept, namesTag } from './kept.ts';
import { keyVerifier } from './middleware.ts';
import type { Services } from './services.ts';

const ROUTE = '/api/v1/stats';
const BEGINNING = `${ROUTE}?`;

/**
 * The short way for a question that is asked again and again by one whom no rate limit holds up: the key is verified, what
 * it may see is found out, and the kept answer goes out as it is. Everything else, errors too, takes the long way, which
 * begins anew and would give the same answer.
 */
export function repeatedQuestions(services: Services): Middleware<State> {
  const { answers, corsOrigins, rateLimits } = services;
  const verify = keyVerifier(services);
  const common = [...securityHeaderList(), ...Object.entries(ANSWER_HEADERS)].flat();

  return async (ctx, next) => {
    const { method, url = '', headers } = ctx.req;
    if (method !== 'GET' || !url.startsWith(BEGINNING)) return next();
    const queryString = url.slice(BEGINNING.length);
    if (answers?.questions.find(queryString) === undefined) return next();
    if (headers.origin !== undefined && corsOrigins.length > 0) return next();
    let answer: SentAnswer | undefined;
    try {
      const principal = headers.authorization === undefined ? undefined : await verify(headers.authorization);
      if (rateLimits === undefined || principal?.rateLimit === 'unlimited') {
        answer = await findKept(services, queryString, principal);
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
    if (answer === undefined || !ctx.writable) return next();
    ctx.state.route = ROUTE;
    ctx.respond = false;
    const { res } = ctx;
    const { body, tag } = answer;
    if (namesTag(headers['if-none-match'] ?? '', tag)) {
      res.writeHead(304, common.concat('ETag', etagOf(answer))).end();
    } else {
      const own = ['ETag', etagOf(answer), 'Content-Length', String(body.length)];
      res.writeHead(200, common.concat(own)).end(body);
    }
  };
}
