import { timingSafeEqual } from 'node:crypto';
import type { Middleware } from 'koa';
import { failureName } from '../clickhouse/failures.ts';
import { AppError } from '../errors.ts';
import { hashKey } from '../keys/keys.ts';
import type { Principal } from '../keys/scopes.ts';
import { type Handler, type State, unauthenticated } from './context.ts';
import { countRequest } from './rate-limit.ts';
import type { Services } from './services.ts';

/** The one place where errors become answers. */
export function errorAnswers({ log }: Services): Middleware<State> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      // A client that has left waits for no answer, and what its leaving broke is no fault of ours.
      if (!ctx.writable) return;
      const known = asAppError(error);
      if (known.status >= 500) log.error({ failure: failureName(error) }, known.message);
      ctx.status = known.status;
      ctx.set('Cache-Control', 'no-store');
      if (known.retryAfter !== undefined) ctx.set('Retry-After', String(known.retryAfter));
      if (known.status === 401) ctx.set('WWW-Authenticate', 'Bearer');
      ctx.body = {
        error: known.message,
        code: known.code,
        ...(known.field === undefined ? {} : { field: known.field }),
        ...(known.details === undefined ? {} : { details: known.details }),
      };
    }
  };
}

function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('internal_error', 'Something went wrong on our side.', { cause: error });
}

/** Reads the key of a request, if it has one. A key that does not hold is refused on every route. */
export function authenticate(services: Services): Handler {
  const verify = keyVerifier(services);
  return async (ctx, next) => {
    const header = ctx.get('authorization');
    if (header !== '') {
      try {
        ctx.state.principal = await verify(header);
      } catch (error) {
        // Without a key that holds it is the address that pays, here already: the limit's own turn does not come.
        await countRequest(services, ctx, true);
        throw error;
      }
    }
    await next();
  };
}

/** Tells whose key an Authorization header holds. @throws AppError 401 when it is none that is good */
export function keyVerifier({ keys, fixedKeys }: Services): (header: string) => Promise<Principal> {
  let fixed: readonly FixedKey[] | undefined;
  return async (header) => {
    fixed ??= [...fixedKeys].map(([hash, principal]) => ({ hash: Buffer.from(hash), principal }));
    const [, key] = /^Bearer +(\S+) *$/i.exec(header) ?? [];
    const hash = key === undefined ? undefined : hashKey(key);
    const principal =
      hash === undefined ? undefined : (fixedPrincipal(fixed, hash) ?? (await keys.verify(hash)));
    if (principal === undefined) throw unauthenticated('The API key is unknown, expired or revoked.');
    return principal;
  };
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
