import { namesOf } from '../lib/names.ts';

/** What a key may do, as people are told. */
export const SCOPES = {
  'stats:read': { allows: 'reading, exporting and scheduling statistics; reading segments' },
  'clicks:read': { allows: 'reading, exporting and scheduling the clicks themselves' },
  'visitors:read': { allows: 'beside `clicks:read`, the hashes of their visitors' },
  'urls:read': { allows: 'what `stats:read` allows; reading URLs' },
  'urls:write': { allows: 'creating, changing and deleting URLs and segments' },
  'clicks:write': { allows: 'sending clicks; importing files, listing and undoing imports' },
  'admin:all': { allows: 'everything, for every owner, keys included' },
} as const satisfies Readonly<Record<string, { readonly allows: string }>>;

export type Scope = keyof typeof SCOPES;

// The dashboard, which checks scopes too, is built without what it does not use.
export const SCOPE_NAMES = /* @__PURE__ */ namesOf(SCOPES);

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
  return SCOPE_NAMES.some((scope) => scope === name);
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

export function isAdmin(principal: Pick<Principal, 'scopes'>): boolean {
  return principal.scopes.includes('admin:all');
}

/** True when the key has one of `scopes`, or all of them by `admin:all`. */
export function hasScope(principal: Pick<Principal, 'scopes'>, scopes: readonly Scope[]): boolean {
  return isAdmin(principal) || scopes.some((scope) => principal.scopes.includes(scope));
}
