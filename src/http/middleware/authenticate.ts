import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hashKey } from '../../keys/key-store.ts';
import type { Principal } from '../../keys/scopes.ts';
import { type Context, type Handler, unauthenticated } from '../request/context.ts';
import type { RateLimiter } from '../../rate-limit/rate-limiter.ts';
import { limitedRequest } from './limit-rate.ts';
import type { Services } from '../request/services.ts';

/** Characters of an `Authorization` header; no key is as long, and a longer one is not even hashed. */
const MAX_HEADER_LENGTH = 1_024;

/**
 * Verifies the key of a request, if it has one. An invalid key is refused on every route, and an unknown one is looked up
 * only as often as its address may send wrong keys.
 */
export function authenticate(services: Services, limiter: RateLimiter): Handler {
  const findKnown = knownPrincipals(services);
  return async (ctx, next) => {
    if (ctx.get('authorization') !== '') {
      ctx.state.principal = (await findKnown(ctx.req)) ?? (await newPrincipal(services, limiter, ctx));
    }
    await next();
  };
}

/** @throws AppError 401, 429 when the address has sent too many wrong keys */
async function newPrincipal(services: Services, limiter: RateLimiter, ctx: Context): Promise<Principal> {
  const giveBack = await limiter.limitWrongKey(limitedRequest(services, ctx));
  const hash = keyHashOf(ctx.req);
  const principal = hash === undefined ? undefined : await services.keys.findNew(hash);
  if (principal === undefined) {
    // The request ends here, before the limit of its route: it is counted against the address.
    await limiter.countRefused(limitedRequest(services, ctx));
    throw unauthenticated('The API key is unknown, expired or revoked.');
  }
  await giveBack();
  return principal;
}

/** Finds the principal of a request's key without asking ClickHouse about unknown keys; undefined: none. */
export function knownPrincipals({
  keys,
  fixedKeys,
}: Services): (request: IncomingMessage) => Promise<Principal | undefined> {
  let fixed: readonly FixedKey[] | undefined;
  return async (request) => {
    fixed ??= [...fixedKeys].map(([hash, principal]) => ({ hash: Buffer.from(hash), principal }));
    const hash = keyHashOf(request);
    return hash === undefined ? undefined : (fixedPrincipal(fixed, hash) ?? (await keys.findKnown(hash)));
  };
}

/** The hash of the one key that a request carries; undefined when it has none, or several. */
function keyHashOf({ headers, rawHeaders }: IncomingMessage): string | undefined {
  const { authorization = '' } = headers;
  if (authorization.length > MAX_HEADER_LENGTH) return undefined;
  const [, key] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
  return key === undefined || isRepeated(rawHeaders) ? undefined : hashKey(key);
}

/** Node takes the first of several and drops the others; a proxy may have looked at another one. */
function isRepeated(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let place = 0; place < rawHeaders.length; place += 2) {
    const name = rawHeaders[place];
    if (name?.length === 'authorization'.length && name.toLowerCase() === 'authorization') count++;
  }
  return count > 1;
}

interface FixedKey {
  readonly hash: Buffer;
  readonly principal: Principal;
}

/** Compares hashes in constant time, so that the duration reveals nothing about the key. */
function fixedPrincipal(fixedKeys: readonly FixedKey[], hash: string): Principal | undefined {
  const given = Buffer.from(hash);
  let found: Principal | undefined;
  for (const { hash, principal } of fixedKeys) if (timingSafeEqual(given, hash)) found = principal;
  return found;
}
