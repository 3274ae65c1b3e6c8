import { bodyHeapBytes } from '../../clicks/heap-bytes.ts';
import { Room } from '../../fair-share/room.ts';
import { type Context, signalOf } from '../request/context.ts';
import { holderOf } from '../request/share-holder.ts';
import type { Services } from '../request/services.ts';

/**
 * Waits for room on the heap for the clicks of a body, and runs `work` with it. A large body is parsed in pieces, so it begins
 * with at most half of its holder's share.
 * @throws AppError `unavailable` when there is no room for too long
 */
export async function withRoom<T>(
  services: Pick<Services, 'shares' | 'proxies'>,
  ctx: Context,
  body: Buffer,
  work: (room: Room) => Promise<T>,
): Promise<T> {
  const { ingestion } = services.shares;
  const holder = holderOf(services, ctx);
  const units = Math.min(bodyHeapBytes(body.length), ingestion.boundOf(holder.kind) / 2);
  const lease = await ingestion.acquire(holder, { units, cost: body.length, signal: signalOf(ctx) });
  try {
    return await work(new Room(ingestion, lease));
  } finally {
    lease.release();
  }
}
