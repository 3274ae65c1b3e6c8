import type { Holder } from '../../fair-share/holder.ts';
import type { QueryClass } from './query-class.ts';
import type { Services } from './services.ts';

/**
 * Runs a stats query, or one like it, once its owner has a slot. Expensive ones need one of the few slots for these as well.
 * @throws AppError `unavailable` where too many wait
 */
export async function admit<T>(
  { shares: { queries, expensiveQueries } }: Pick<Services, 'shares'>,
  { isExpensive, cost }: QueryClass,
  { holder, signal }: { readonly holder: Holder; readonly signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const request = { signal, cost };
  const queued = (): Promise<T> => queries.within(holder, work, request);
  return isExpensive ? expensiveQueries.within(holder, queued, request) : queued();
}
