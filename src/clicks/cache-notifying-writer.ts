import type { StatsCache } from '../cache/stats-cache.ts';
import type { IngestContext } from './ingest-options.ts';
import type { ClickWriter } from './writer.ts';

/** A writer that reports to the cache whose clicks it has written, also after a failure, since a part may be stored. */
export function cacheNotifyingWriter(writer: ClickWriter, cache: StatsCache): IngestContext['writer'] {
  return {
    write: async (rows, once) => {
      try {
        await writer.write(rows, once);
      } finally {
        cache.dataChanged(new Set(rows.map(({ ownerId }) => ownerId)));
      }
    },
    writeBlock: async (block) => {
      try {
        await writer.writeBlock(block);
      } finally {
        cache.dataChanged(block.owners);
      }
    },
  };
}
