import type { ErrorCode } from '../../errors.ts';
import type { RouteRateLimit } from '../../rate-limit/allowances.ts';
import type { Access, Method, RouteDescription, Sample, TagName } from '../openapi/model.ts';
import type { Context } from '../request/context.ts';
import { queryStringCheck } from '../request/query-string-check.ts';
import { inRegistryShare } from '../request/registry-share.ts';
import type { Services } from '../request/services.ts';
import type { RouteAccess } from './access.ts';
import type { Body } from './body.ts';
import type { Parameters } from './declared-parameters.ts';
import { type AnyReply, type Reply, type Responses, sendReply } from './responses.ts';

/** A request that has passed the checks of its route. */
export interface RouteRequest<Caller, Params, Content> {
  readonly ctx: Context;
  readonly principal: Caller;
  readonly parameters: Params;
  readonly body: Content;
}

/** Everything about a route. Its checks, its rate limit, its part of the API document and its tests derive from it. */
export interface RouteDeclaration<Caller, Params, Content, R extends Responses> {
  readonly method: Method;
  /** Parameters in braces. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: TagName;
  readonly summary: string;
  readonly description: string;
  readonly access: RouteAccess<Caller>;
  readonly rateLimit: RouteRateLimit | 'none';
  /** Its handler runs within the share of the small tables; not given: it takes what it needs itself. */
  readonly share?: 'registry';
  readonly parameters: Parameters<Params>;
  readonly body: Body<Content>;
  readonly responses: R;
  /** Codes of the errors that only its handler throws; those of its key, parameters and body follow from the other parts. */
  readonly errors: readonly ErrorCode[];
  /** Requests that succeed, the first one for any data. */
  readonly samples: readonly [Sample, ...Sample[]];
  /** Called once for a service; what it returns handles each request. */
  readonly handler: (
    services: Services,
  ) => (request: RouteRequest<Caller, Params, Content>) => Reply<NoInfer<R>> | Promise<Reply<NoInfer<R>>>;
}

/** A declaration as the router and the tests see it: the types of its parts are gone. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly access: Access;
  readonly rateLimit: RouteRateLimit | undefined;
  /** A request that succeeds but for its key. */
  readonly sample: Omit<Sample, 'label'>;
  /** undefined: it is no part of the API. */
  readonly description: RouteDescription | undefined;
  /** @returns handles a request whose key and rate limit have been checked */
  readonly open: (services: Services) => (ctx: Context) => Promise<void>;
}

/** Declares a route of the API. */
export function route<Caller, Params, Content, const R extends Responses>(
  declaration: RouteDeclaration<Caller, Params, Content, R>,
): Route {
  const { method, path, access, samples, responses, parameters, body } = declaration;
  const rateLimit = declaration.rateLimit === 'none' ? undefined : declaration.rateLimit;
  const all = Object.values(responses);
  return {
    method,
    path,
    access: access.documented,
    rateLimit,
    sample: samples[0],
    description: {
      ...declaration,
      access: access.documented,
      rateLimit,
      parameters: parameters.documented,
      requestBody: body.documented,
      responses: Object.fromEntries(
        Object.entries(responses).map(([status, { documented }]) => [status, documented]),
      ),
      errors: [
        ...(access.documented.kind === 'public' ? [] : (['forbidden'] as const)),
        ...body.errors,
        ...declaration.errors,
      ],
      requestSchemas: body.schemas,
      responseSchemas: all.flatMap(({ schemas }) => schemas),
    },
    open: (services) => checked(declaration, services),
  };
}

/** A route that is no part of the API: it is not described to anybody. */
export interface InternalDeclaration<Caller, Params, Content> {
  readonly method: Method;
  readonly path: string;
  readonly access: RouteAccess<Caller>;
  readonly parameters: Parameters<Params>;
  readonly body: Body<Content>;
  /** A request that succeeds but for its key. */
  readonly sample: Omit<Sample, 'label'>;
  readonly handler: (
    services: Services,
  ) => (request: RouteRequest<Caller, Params, Content>) => AnyReply | Promise<AnyReply>;
}

/** Declares a route that is no part of the API. It has no rate limit. */
export function internalRoute<Caller, Params, Content>(
  declaration: InternalDeclaration<Caller, Params, Content>,
): Route {
  return {
    ...declaration,
    access: declaration.access.documented,
    rateLimit: undefined,
    description: undefined,
    open: (services) => checked(declaration, services),
  };
}

/** The checks of a route in the order that the API promises: key, parameters, content type, scope, body. */
function checked<Caller, Params, Content>(
  {
    access,
    parameters,
    body,
    handler,
    share,
  }: Pick<InternalDeclaration<Caller, Params, Content>, 'access' | 'parameters' | 'body' | 'handler'> &
    Pick<RouteDeclaration<Caller, Params, Content, Responses>, 'share'>,
  services: Services,
): (ctx: Context) => Promise<void> {
  const handle = handler(services);
  const checkQueryString = queryStringCheck({
    names: parameters.queryNames,
    patterns: parameters.queryPatterns ?? [],
    hasBody: body.documented !== undefined,
  });
  return async (ctx) => {
    const principal = access.requireKey(ctx);
    checkQueryString(ctx);
    const given = parameters.parse(ctx);
    const receive = body.open(ctx);
    access.requireScope(principal);
    const reply = await receive(services, async (content) => {
      const run = async () => handle({ ctx, principal, parameters: given, body: content });
      return share === undefined ? run() : inRegistryShare(services, ctx, run);
    });
    sendReply(ctx, reply);
  };
}
