import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { SentAnswer } from '../../cache/response-cache.ts';
import { knownPrincipals } from './authenticate.ts';
import { securityHeaderList } from './response-headers.ts';
import { ANSWER_HEADERS, etagOf, findKept, namesTag } from '../response/cached.ts';
import { requestWatch } from './request-log.ts';
import type { Services } from '../request/services.ts';

const ROUTE = '/api/v1/stats';
const BEGINNING = `${ROUTE}?`;
const DESCRIBED = { method: 'GET', route: ROUTE };

/**
 * The short way for a question that is asked again and again by one whom no rate limit holds up: the key is verified, what
 * it may see is found out, and the kept answer goes out as it is. Everything else, errors too, takes the long way, which
 * begins anew and would give the same answer.
 * @param longWay the whole application
 */
export function repeatedQuestions(services: Services, longWay: RequestListener): RequestListener {
  const { answers, corsOrigins, rateLimits } = services;
  const findPrincipal = knownPrincipals(services);
  const watch = requestWatch(services);
  const common = [...securityHeaderList(), ...Object.entries(ANSWER_HEADERS)].flat();

  const find = async (queryString: string, request: IncomingMessage): Promise<SentAnswer | undefined> => {
    try {
      const principal = await findPrincipal(request);
      if (principal === undefined && request.headers.authorization !== undefined) return undefined;
      if (rateLimits !== undefined && principal?.rateLimit !== 'unlimited') return undefined;
      return await findKept(services, queryString, principal);
    } catch {
      return undefined;
    }
  };

  const send = (request: IncomingMessage, response: ServerResponse, answer: SentAnswer): void => {
    const { body, tag } = answer;
    watch(response, () => DESCRIBED);
    if (namesTag(request.headers['if-none-match'] ?? '', tag)) {
      response.writeHead(304, common.concat('ETag', etagOf(answer))).end();
    } else {
      const own = ['ETag', etagOf(answer), 'Content-Length', String(body.length)];
      response.writeHead(200, common.concat(own)).end(body);
    }
  };

  const serve = async (
    queryString: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const answer = await find(queryString, request);
    // Bytes behind the head that are no HTTP have had it refused meanwhile.
    if (response.headersSent) return;
    if (answer === undefined) longWay(request, response);
    else send(request, response, answer);
  };

  return (request, response) => {
    const { method, url = '', headers } = request;
    const queryString = url.slice(BEGINNING.length);
    const isKnown =
      method === 'GET' &&
      url.startsWith(BEGINNING) &&
      answers?.questions.find(queryString) !== undefined &&
      (headers.origin === undefined || corsOrigins.length === 0);
    if (!isKnown) return longWay(request, response);
    void serve(queryString, request, response);
  };
}
