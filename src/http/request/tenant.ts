import { AppError } from '../../errors.ts';
import { type Principal, isAdmin } from '../../keys/scopes.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import type { Subject } from '../../stats/parse/query.ts';
import { type Context, requirePrincipal, requireScope, unauthenticated, withoutKey } from './context.ts';
import type { Services } from './services.ts';

/** Scopes of which a key needs one to see statistics. */
export const STATS_SCOPES = ['stats:read', 'urls:read'] as const;

/** `scope=all` is about the key's owner, so it needs a key before anything else is checked. @throws AppError 401 */
export function requireKeyForAll(ctx: Context): void {
  const scopes = [ctx.query['scope'] ?? ''].flat().map((scope) => scope.trim().toLowerCase());
  if (scopes.every((scope) => scope === '' || scope === 'all')) requirePrincipal(ctx);
}

/**
 * The clicks that a stats request is about, if its key may see them.
 * @throws AppError 403, 404 or 401, checked in this order: the key's scope, the URL, its privacy
 */
export async function findTenant(
  services: Services,
  subject: Subject,
  principal: Principal | undefined,
): Promise<Tenant> {
  if (principal !== undefined) requireScope(principal, ...STATS_SCOPES);
  if (subject.scope === 'all') {
    if (principal === undefined) throw withoutKey();
    if (subject.ownerId === undefined) return { kind: 'owner', ownerId: principal.ownerId };
    if (!isAdmin(principal))
      throw new AppError('forbidden', 'owner_id needs a key with admin:all.', { field: 'owner_id' });
    return subject.ownerId === '*' ? { kind: 'every-owner' } : { kind: 'owner', ownerId: subject.ownerId };
  }
  const url = await services.urls.find(subject.shortCode);
  if (url === undefined) throw new AppError('not_found', 'There is no such URL.', { field: 'short_code' });
  if (url.privateStats) {
    if (principal === undefined)
      throw unauthenticated('The statistics of this URL are private: they need a key of its owner.');
    if (principal.ownerId !== url.ownerId && !isAdmin(principal)) {
      throw new AppError('forbidden', 'The statistics of this URL are private to another owner.');
    }
  }
  return { kind: 'url', ownerId: url.ownerId, shortCode: url.shortCode };
}
