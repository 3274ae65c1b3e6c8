import type { RouterContext, RouterMiddleware } from '@koa/router';
import { AppError } from '../../errors.ts';
import { type Principal, type Scope, hasScope } from '../../keys/scopes.ts';
import { whenClosed } from './when-closed.ts';
import type { StageTimes } from './stage-times.ts';

export interface State {
  /** Set when the request came with a valid key. */
  principal?: Principal;
  /** Counts the request as so many against the rate limit of its route. @throws AppError 429 where they do not fit */
  limitAs?: (count: number) => Promise<void>;
  /** Set by a route of statistics: what its request has cost. */
  times?: StageTimes;
  /** Set by a route that has noted itself whose data it changed, all of it. */
  hasNotedChanges?: boolean;
  /** Set by a route that only reads, whatever its method. */
  isRead?: boolean;
}

export type Context = RouterContext<State>;
export type Handler = RouterMiddleware<State>;

/** The principal of the request. @throws AppError 401 without a key */
export function requirePrincipal(ctx: Context): Principal {
  if (ctx.state.principal !== undefined) return ctx.state.principal;
  throw withoutKey();
}

/** The pattern of the route that takes the request; `none` where none does. The path itself is untrusted text. */
export function routeOf(ctx: Pick<Context, 'method' | 'matched'>): string {
  const route = ctx.matched?.findLast((layer) => layer.methods.includes(ctx.method));
  return typeof route?.path === 'string' ? route.path : 'none';
}

export function withoutKey(): AppError {
  return unauthenticated('An API key is needed: send it as "Authorization: Bearer spoo_…".');
}

export function unauthenticated(message: string): AppError {
  return new AppError('authentication_error', message);
}

/** @throws AppError 403 when the key has none of the scopes */
export function requireScope(principal: Principal, ...scopes: readonly Scope[]): void {
  if (hasScope(principal, scopes)) return;
  const wanted = [...scopes, 'admin:all'].filter((scope, index, all) => all.indexOf(scope) === index);
  throw new AppError('forbidden', `The key lacks the scope: it needs ${wanted.join(' or ')}.`);
}

/** A path parameter, percent-decoded. @throws AppError 400 when it does not decode */
export function pathParameter(ctx: Context, name: string): string {
  const place = routeOf(ctx).split('/').indexOf(`:${name}`);
  const raw = ctx.path.split('/')[place] ?? '';
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new AppError('validation_error', `${name} in the path is not valid percent-encoding.`, {
      field: name,
    });
  }
}

/** Aborts when the client disconnects before it has its response, also when it has disconnected already. */
export function signalOf({ res }: Pick<Context, 'res'>): AbortSignal {
  const controller = new AbortController();
  const leave = (): void => {
    if (!res.writableFinished) controller.abort();
  };
  if (res.closed) leave();
  else whenClosed(res, leave);
  return controller.signal;
}
