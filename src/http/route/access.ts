import type { Principal, Scope } from '../../keys/scopes.ts';
import type { Access } from '../openapi/model.ts';
import { type Context, requirePrincipal, requireScope } from '../request/context.ts';
import { requireKeyForAll } from '../request/tenant.ts';

/** Who may send a request to a route; `Caller` is what is known of them. */
export interface RouteAccess<Caller> {
  readonly documented: Access;
  /** @throws AppError 401 where a key is needed and none was sent */
  readonly requireKey: (ctx: Context) => Caller;
  /** @throws AppError 403 where the key lacks the scope */
  readonly requireScope: (caller: Caller) => void;
}

/** Anybody, with or without a key. */
export const everybody: RouteAccess<undefined> = {
  documented: { kind: 'public' },
  requireKey: () => undefined,
  requireScope: () => {},
};

/** A key with one of these scopes, or with `admin:all`. */
export function keyWith(...scopes: readonly Scope[]): RouteAccess<Principal> {
  return {
    documented: { kind: 'key', scopes },
    requireKey: requirePrincipal,
    requireScope: (principal) => requireScope(principal, ...scopes),
  };
}

/** The same, where the handler checks the scope itself: together with the URL, after its own parameters. */
export function keyForOwnUrl(...scopes: readonly Scope[]): RouteAccess<Principal> {
  return { ...keyWith(...scopes), requireScope: () => {} };
}

/** Administrators. */
export const administrators: RouteAccess<Principal> = keyWith('admin:all');

/** The same as `keyOrPublicUrl`, where `scope` comes in the body: the handler asks for a key. */
export function keyOrPublicUrlInBody(...scopes: readonly Scope[]): RouteAccess<Principal | undefined> {
  return {
    ...keyOrPublicUrl(...scopes),
    requireKey: (ctx) => ctx.state.principal,
    requireScope: (principal) => {
      if (principal !== undefined) requireScope(principal, ...scopes);
    },
  };
}

/**
 * A key with one of these scopes, or with `scope=anon` no key for a URL with public statistics. The handler calls `findTenant`,
 * which checks the scope together with the URL.
 */
export function keyOrPublicUrl(...scopes: readonly Scope[]): RouteAccess<Principal | undefined> {
  return {
    documented: { kind: 'key or public URL', scopes },
    requireKey: (ctx) => {
      requireKeyForAll(ctx.query['scope'], ctx.state.principal);
      return ctx.state.principal;
    },
    requireScope: () => {},
  };
}
