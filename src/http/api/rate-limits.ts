import type { RouteRateLimit } from '../../rate-limit/allowances.ts';

/** Of each route that computes statistics. */
export const STATS_RATE_LIMIT: RouteRateLimit = {
  key: { minute: 60, day: 5_000 },
  address: { minute: 20, day: 1_000 },
};

/** Of each route that sends them as a file. */
export const EXPORT_RATE_LIMIT: RouteRateLimit = {
  key: { minute: 30, day: 1_000 },
  address: { minute: 10, day: 200 },
};
