import { isAdmin } from '../../keys/scopes.ts';
import type { Handler } from '../request/context.ts';
import type { Services } from '../request/services.ts';

const READING = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Notes, before any answer but a read's goes out, that data may have changed: the key owner's, which is all that others
 * than administrators can change, or everybody's. It does so after failures too, of which part may be stored. A route
 * of administrators that has noted more exactly whose data it changed says so in `ctx.state`.
 */
export function noteChanges({ cache }: Services): Handler {
  return async (ctx, next) => {
    if (READING.includes(ctx.method)) return next();
    try {
      await next();
    } finally {
      const { principal, hasNotedChanges } = ctx.state;
      if (principal !== undefined && !isAdmin(principal)) cache.dataChanged([principal.ownerId]);
      else if (principal !== undefined && !hasNotedChanges) cache.dataChanged('every-owner');
    }
  };
}
