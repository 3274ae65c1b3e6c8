import { Room } from '../../src/fair-share/room.ts';
import { type ShareSizes, type Shares, createShares } from '../../src/fair-share/shares.ts';

/** Shares of a small service. */
export function sharesOf(sizes: Partial<ShareSizes> = {}): Shares {
  return createShares({
    maxQueries: 4,
    maxExpensiveQueries: 2,
    maxExports: 4,
    spoolBytes: 0,
    exportFileBytes: 0,
    maxConnections: 64,
    trustProxy: 0,
    heapBytes: 1_073_741_824,
    ...sizes,
  });
}

/** Room for clicks that nobody else wants. */
export function ampleRoom(): Room {
  const { ingestionHeapBytes: ingestion } = sharesOf();
  const lease = ingestion.take({ kind: 'owner', name: 'me' }, 0);
  if (lease === undefined) throw new Error('Nobody else has any.');
  return new Room(ingestion, lease);
}
