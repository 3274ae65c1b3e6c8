/**
 * What a key may do. `admin:all` includes the others, for every owner. `clicks:read` is for the clicks themselves,
 * `visitors:read` beside it for the hashes of their visitors.
 */
export const SCOPES = [
  'stats:read',
  'clicks:read',
  'visitors:read',
  'urls:read',
  'urls:write',
  'clicks:write',
  'admin:all',
] as const;

export type Scope = (typeof SCOPES)[number];

/** Scopes that clients of spoo.me's API ask for, and that are for what Spoor does not do. A key does not get them. */
export const FOREIGN_SCOPES = [
  'shorten:create',
  'urls:manage',
  'domains:read',
  'domains:manage',
  'reports:create',
  'keys:manage',
] as const;

export function isScope(name: string): name is Scope {
  return SCOPES.some((scope) => scope === name);
}

export const RATE_LIMITS = ['standard', 'unlimited'] as const;

export type RateLimit = (typeof RATE_LIMITS)[number];

/** Who asks, as a verified key tells it. */
export interface Principal {
  /** Names the key, and is no secret. */
  readonly id: string;
  readonly ownerId: string;
  readonly scopes: readonly Scope[];
  readonly rateLimit: RateLimit;
}

export function isAdmin(principal: Principal): boolean {
  return principal.scopes.includes('admin:all');
}

/** True when the key has one of `scopes`, or all of them by `admin:all`. */
export function hasScope(principal: Principal, scopes: readonly Scope[]): boolean {
  return isAdmin(principal) || scopes.some((scope) => principal.scopes.includes(scope));
}
