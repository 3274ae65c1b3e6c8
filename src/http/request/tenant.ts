import { LOOK_UP } from '../../clickhouse/query-options.ts';
import { AppError } from '../../errors.ts';
import { type Principal, type Scope, hasScope, isAdmin } from '../../keys/scopes.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import type { RawParameters } from '../../stats/parse/raw-parameters.ts';
import type { Subject } from '../../stats/query.ts';
import { compileOwnerExists } from '../../stats/sql/compile-owners.ts';
import type { ShortUrl } from '../../urls/short-url.ts';
import { requireScope, unauthenticated, withoutKey } from './context.ts';
import type { Services } from './services.ts';

/** A key needs one of these scopes to see statistics. */
export const STATS_SCOPES = ['stats:read', 'urls:read'] as const;

/** A key needs one of these scopes to see the clicks themselves. */
export const CLICK_SCOPES = ['clicks:read'] as const;

/** `scope=all` is about the key's owner, so it needs a key before anything else is checked. @throws AppError 401 */
export function requireKeyForAll(scope: RawParameters[string], principal: Principal | undefined): void {
  const scopes = [scope ?? ''].flat().map((one) => one.trim().toLowerCase());
  if (principal === undefined && scopes.every((one) => one === '' || one === 'all')) throw withoutKey();
}

/**
 * The clicks that a stats request is about, if its key may see them.
 * @throws AppError 403, 404 or 401, checked in this order: the key's scope, the URL, its privacy
 */
export async function findTenant(
  services: Services,
  subject: Subject,
  principal: Principal | undefined,
  scopes: readonly Scope[] = STATS_SCOPES,
): Promise<Tenant> {
  if (principal !== undefined) requireScope(principal, ...scopes);
  if (subject.scope === 'all') {
    if (principal === undefined) throw withoutKey();
    if (subject.ownerId === undefined) return { kind: 'owner', ownerId: principal.ownerId };
    if (!isAdmin(principal))
      throw new AppError('forbidden', 'owner_id needs a key with admin:all.', { field: 'owner_id' });
    const ownerId = await storedName(
      subject.ownerId,
      async (id) => (await services.database.rows<[number]>(compileOwnerExists(id), LOOK_UP)).length > 0,
    );
    return ownerId === '*' ? { kind: 'every-owner' } : { kind: 'owner', ownerId };
  }
  const shortCode = await storedName(
    subject.shortCode,
    async (code) => (await services.urls.find(code)) !== undefined,
  );
  const url = await services.urls.find(shortCode);
  if (url === undefined) throw noSuchUrl();
  if (url.privateStats) {
    if (principal === undefined)
      throw unauthenticated('The statistics of this URL are private: they need a key of its owner.');
    if (!isOwn(url, principal)) {
      throw new AppError('forbidden', 'The statistics of this URL are private to another owner.');
    }
  }
  return tenantOf(url);
}

/**
 * The clicks that a request for clicks themselves is about. Those of a URL are its owner's alone, whoever may see its statistics.
 * @param withVisitors whether it asks for the hashes of visitors too
 * @throws AppError as `findTenant`; 403 without `visitors:read` where it does, and for another owner's URL
 */
export async function findClickTenant(
  services: Services,
  subject: Subject,
  principal: Principal,
  withVisitors: boolean,
): Promise<Tenant> {
  requireScope(principal, ...CLICK_SCOPES);
  if (withVisitors) requireScope(principal, 'visitors:read');
  const tenant = await findTenant(services, subject, principal, CLICK_SCOPES);
  if (tenant.kind !== 'url' || tenant.ownerId === principal.ownerId || isAdmin(principal)) return tenant;
  throw new AppError('forbidden', 'The clicks of this URL are private to another owner.');
}

/** A name without the blanks around it, unless one with them is stored: logs and earlier releases have brought such. */
async function storedName(sent: string, exists: (name: string) => Promise<boolean>): Promise<string> {
  const trimmed = sent.trim();
  return trimmed !== sent && (await exists(sent)) ? sent : trimmed;
}

/** The clicks of a URL. */
export function tenantOf({ ownerId, shortCode }: ShortUrl): Tenant {
  return { kind: 'url', ownerId, shortCode };
}

/**
 * A URL of the key's owner.
 * @param field the parameter that names it
 * @throws AppError 403 without a scope, 404 for anybody else's URL, as if there were none
 */
export async function findOwnUrl(
  { urls }: Pick<Services, 'urls'>,
  shortCode: string,
  principal: Principal,
  field: string,
): Promise<ShortUrl> {
  requireScope(principal, ...STATS_SCOPES);
  const url = await urls.find(shortCode, (found) => isOwn(found, principal));
  if (url === undefined) throw noSuchUrl(field);
  return url;
}

/**
 * A URL whose statistics everybody may see, or this key.
 * @throws AppError 404 for a private URL just as for none
 */
export async function findVisibleUrl(
  { urls }: Pick<Services, 'urls'>,
  shortCode: string,
  principal: Principal | undefined,
): Promise<ShortUrl> {
  const maySeePrivate = (url: ShortUrl): boolean =>
    principal !== undefined && hasScope(principal, STATS_SCOPES) && isOwn(url, principal);
  const url = await urls.find(shortCode, (found) => !found.privateStats || maySeePrivate(found));
  if (url === undefined) throw noSuchUrl();
  return url;
}

function isOwn(url: ShortUrl, principal: Principal): boolean {
  return url.ownerId === principal.ownerId || isAdmin(principal);
}

function noSuchUrl(field = 'short_code'): AppError {
  return new AppError('not_found', 'There is no such URL.', { field });
}
