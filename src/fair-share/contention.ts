import type { Holder } from './holder.ts';
import type { HolderAccount } from './holder-accounts.ts';

/** Units that some holders share. */
export interface Pool {
  readonly size: number;
  readonly has: (holder: Holder) => boolean;
}

/**
 * The holders that have the most of a pool while somebody waits for less than an equal part of it; none, unless they have
 * more than an equal part themselves, and would have no less than the one who waits after giving up what that needs.
 */
export function largestHolders(
  accounts: readonly HolderAccount[],
  pool: Pool,
  waiting: { readonly inUse: number; readonly units: number },
): readonly Holder[] {
  const active = accounts.filter(({ holder, inUse, waiting }) => pool.has(holder) && inUse + waiting > 0);
  const equal = pool.size / active.length;
  const most = Math.max(...active.map(({ inUse }) => inUse));
  const isFair =
    waiting.inUse >= equal || most <= equal || most - waiting.units < waiting.inUse + waiting.units;
  return isFair ? [] : active.filter(({ inUse }) => inUse === most).map(({ holder }) => holder);
}
