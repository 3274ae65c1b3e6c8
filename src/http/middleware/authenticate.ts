import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hashKey } from '../../keys/key-store.ts';
import type { Principal } from '../../keys/scopes.ts';
import { type Context, type Handler, unauthenticated } from '../request/context.ts';
import { countRequest, countWrongKey } from '../../rate-limit/middleware.ts';
import type { Services } from '../request/services.ts';

/** Characters of an `Authorization` header; no key is as long, and what is longer is not even hashed. */
const LONGEST_HEADER = 1_024;

/**
 * Reads the key of a request, if it has one. A key that does not hold is refused on every route, and one that is not
 * known is only looked up as often as its address may be wrong.
 */
export function authenticate(services: Services): Handler {
  const findKnown = knownPrincipals(services);
  return async (ctx, next) => {
    if (ctx.get('authorization') !== '') {
      ctx.state.principal = (await findKnown(ctx.req)) ?? (await newPrincipal(services, ctx));
    }
    await next();
  };
}

/** @throws AppError 401, 429 when the address has sent too many wrong keys */
async function newPrincipal(services: Services, ctx: Context): Promise<Principal> {
  const giveBack = await countWrongKey(services, ctx);
  const hash = keyHashOf(ctx.req);
  const principal = hash === undefined ? undefined : await services.keys.findNew(hash);
  if (principal === undefined) {
    // Without a key that holds the limit of the route counts against the address, and a refusal never gets that far.
    await countRequest(services, ctx, true);
    throw unauthenticated('The API key is unknown, expired or revoked.');
  }
  await giveBack();
  return principal;
}

/** Tells, without asking ClickHouse about what is not stored, whose key a request carries; undefined: nobody's. */
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

/** The hash of the one key that a request carries; undefined when what stands there is none, or several. */
function keyHashOf({ headers, rawHeaders }: IncomingMessage): string | undefined {
  const { authorization = '' } = headers;
  if (authorization.length > LONGEST_HEADER) return undefined;
  const [, key] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
  return key === undefined || isRepeated(rawHeaders) ? undefined : hashKey(key);
}

/** Node takes the first of several and drops the others, where a proxy may have looked at another one. */
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

/** Compares hashes in constant time: how long it takes tells nothing of the key. */
function fixedPrincipal(fixedKeys: readonly FixedKey[], hash: string): Principal | undefined {
  const given = Buffer.from(hash);
  let found: Principal | undefined;
  for (const { hash, principal } of fixedKeys) if (timingSafeEqual(given, hash)) found = principal;
  return found;
}
