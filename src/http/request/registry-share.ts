import { type Context, signalOf } from './context.ts';
import type { Services } from './services.ts';
import { holderOf } from './share-holder.ts';

/**
 * Reads or changes the small tables (URLs, keys, segments, schedules, exports, imports) once the request's owner has a slot: each such
 * request is a query of its own, so one owner with many of them would otherwise keep the others waiting.
 * @throws AppError `unavailable` where too many wait; the signal's reason when the client leaves
 */
export function inRegistryShare<T>(
  services: Services,
  ctx: Context,
  work: () => Promise<T>,
  signal = signalOf(ctx),
): Promise<T> {
  return services.shares.urlRequests.within(holderOf(services, ctx), work, { signal });
}
