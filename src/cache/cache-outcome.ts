export const CACHE_OUTCOMES = ['hit', 'miss', 'coalesced'] as const;
export type CacheOutcome = (typeof CACHE_OUTCOMES)[number];

/**
 * Why there was no response to serve: none was cached; clicks of its range have changed; its range ends now; clicks have
 * left its range through retention; or ClickHouse has no part versions to tell (sharded or replicated clicks).
 */
export const MISS_REASONS = ['absent', 'changed', 'open_range', 'expired', 'no_part_version'] as const;
export type MissReason = (typeof MISS_REASONS)[number];

/** Told the outcome of each request, and the reason of each miss. */
export type CountCacheRequest = (outcome: CacheOutcome, reason?: MissReason) => void;
