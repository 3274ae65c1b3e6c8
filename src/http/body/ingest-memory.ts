import { bodyHeapBytes } from '../../clicks/heap-bytes.ts';
import type { FairShare } from '../../fair-share/fair-share.ts';
import type { Holder } from '../../fair-share/holder.ts';
import { Room } from '../../fair-share/room.ts';
import { type Context, signalOf } from '../request/context.ts';
import { holderOf } from '../request/share-holder.ts';
import type { Services } from '../request/services.ts';

type Work<T> = (room: Room) => Promise<T>;

/** As `inRoom`, for the body of a request; the wait ends when the client disconnects. */
export async function withRoom<T>(
  services: Pick<Services, 'shares' | 'proxies'>,
  ctx: Context,
  body: Buffer,
  work: Work<T>,
): Promise<T> {
  return inRoom(
    services.shares.ingestionHeapBytes,
    holderOf(services, ctx),
    body.length,
    work,
    signalOf(ctx),
  );
}

/**
 * Waits for room on the heap for the clicks of so many bytes of a body, and runs `work` with it. A large body is parsed in pieces, so it begins
 * with at most half of its holder's share.
 * @throws AppError `unavailable` when there is no room for too long
 */
export async function inRoom<T>(
  ingestion: FairShare,
  holder: Holder,
  bytes: number,
  work: Work<T>,
  signal?: AbortSignal,
): Promise<T> {
  const units = Math.min(bodyHeapBytes(bytes), ingestion.boundOf(holder.kind) / 2);
  const lease = await ingestion.acquire(holder, {
    units,
    cost: bytes,
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    return await work(new Room(ingestion, lease));
  } finally {
    lease.release();
  }
}
