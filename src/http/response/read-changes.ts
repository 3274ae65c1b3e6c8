import { z } from 'zod';
import type { ClickPosition, OrderedQuery, PageRow } from '../../click-rows/click-position.ts';
import { DAY, YEAR_2000 } from '../../lib/calendar.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import type { Services } from '../request/services.ts';
import { positionSchema, readClickPage } from './click-pages.ts';
import type { Asker } from './stats-response.ts';

/** How far somebody has come who follows the arriving clicks. */
export interface ChangesPosition {
  /** Clicks that arrived before have been given: Unix milliseconds, by ClickHouse's clock. */
  readonly from: number;
  /** The last click that was given, where more have arrived by then. */
  readonly after?: ClickPosition;
}

export const changesPositionSchema: z.ZodType<ChangesPosition> = z.strictObject({
  from: z.number(),
  after: positionSchema.exactOptional(),
});

export interface ChangesRequest {
  readonly query: OrderedQuery;
  readonly tenant: Tenant;
  readonly position: ChangesPosition;
  readonly limit: number;
  /** How long to wait for a click where none has arrived. */
  readonly waitMs: number;
}

export interface Changes {
  readonly rows: readonly PageRow[];
  readonly next: ChangesPosition;
}

/** Other instances' clicks are looked for so often, and */
const LOOK_EVERY_MS = 1_000;
/** those of this one at most so often. */
const LEAST_PAUSE_MS = 100;
/** Clicks that have arrived since are few, and found by an index. */
const RECENT_MS = 600_000;
/** Clicks may be of the next day. */
const AHEAD_MS = 2 * DAY;

/**
 * Reads the clicks that have arrived after a position, in the order in which they did; where there are none, as soon as there are.
 * @throws AppError `unavailable` where too many wait; as a page of clicks
 */
export async function readChanges(
  services: Services,
  asker: Asker,
  { query, tenant, position, limit, waitMs }: ChangesRequest,
): Promise<Changes> {
  const { arrivals, cache, shares } = services;
  const { holder, signal } = asker;
  const deadline = performance.now() + waitMs;
  let next = position;
  const follow = async (): Promise<Changes> => {
    for (;;) {
      const moment = cache.changes.now();
      const before = await arrivals.get();
      if (before > next.from) {
        const arrived = { from: next.after?.arrival ?? next.from, before };
        const range = { start: YEAR_2000, end: services.now() + AHEAD_MS };
        const page = await readClickPage(services, asker, {
          query: { ...query, range, arrived },
          tenant,
          after: next.after,
          limit,
          isCheap: before - arrived.from < RECENT_MS,
        });
        next = page.next === undefined ? { from: before } : { from: next.from, after: page.next };
        if (page.rows.length > 0) return { rows: page.rows, next };
      }
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || signal.aborted || cache.changes.isEnding) return { rows: [], next };
      await cache.changes.next(tenant, moment, Math.min(LOOK_EVERY_MS, leftMs), signal);
      await pauseUntil(moment.time + LEAST_PAUSE_MS);
    }
  };
  return waitMs === 0 ? follow() : shares.followers.within(holder, follow);
}

async function pauseUntil(time: number): Promise<void> {
  const ms = time - performance.now();
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

/** The position of somebody who begins to follow now. */
export async function changesFromNow({ arrivals }: Services): Promise<ChangesPosition> {
  return { from: await arrivals.get() };
}
