import { isAdmin } from '../../keys/scopes.ts';
import type { Handler } from '../request/context.ts';
import type { Services } from '../request/services.ts';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Tells the cache, before the response of a request that writes is sent, that data may have changed: the data of the key's
 * owner, or of every owner where the key is an administrator's. It does so after failures too, because part of a failed
 * request may be stored. A route that has told the cache more exactly says so in `ctx.state.hasNotedChanges`.
 */
export function noteChanges({ cache }: Services): Handler {
  return async (ctx, next) => {
    if (SAFE_METHODS.includes(ctx.method)) return next();
    try {
      await next();
    } finally {
      const { principal, hasNotedChanges, isRead = false } = ctx.state;
      if (principal !== undefined && !isRead) {
        if (!isAdmin(principal)) cache.dataChanged([principal.ownerId]);
        else if (!hasNotedChanges) cache.dataChanged('every-owner');
      }
    }
  };
}
