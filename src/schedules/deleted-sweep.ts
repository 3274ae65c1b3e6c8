import type { Logger } from 'pino';
import { failureName } from '../clickhouse/failures.ts';
import { TOMBSTONE_MS } from '../clickhouse/tombstones.ts';
import type { ImportRegistry } from '../clicks/import/import-registry.ts';
import type { SegmentStore } from '../segments/segment-store.ts';
import type { UrlRegistry } from '../urls/url-registry.ts';
import type { ScheduleRuns } from './schedule-runs.ts';
import type { ScheduleStore } from './schedule-store.ts';

const SWEEP_EVERY_MS = 3_600_000;

export interface DeletedSweepParts {
  readonly segments: SegmentStore;
  readonly schedules: ScheduleStore;
  readonly scheduleRuns: ScheduleRuns;
  readonly imports: Pick<ImportRegistry, 'removeOldest'>;
  readonly urls: Pick<UrlRegistry, 'removeTombstones'>;
  readonly log: Pick<Logger, 'warn'>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/**
 * Removes what is left of segments, schedules and URLs that were deleted, and the oldest imports, now and then, so that making them takes no
 * room for ever.
 */
export class DeletedSweep {
  readonly #parts: DeletedSweepParts;
  #sweeping: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(parts: DeletedSweepParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => this.#sweep(), SWEEP_EVERY_MS).unref();
    this.#sweep();
  }

  /** Waits for nothing: what is interrupted the next start does again. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }

  #sweep(): void {
    this.#sweeping = this.#sweeping.then(() => this.#sweepNow());
  }

  async #sweepNow(): Promise<void> {
    const { segments, schedules, scheduleRuns, imports, urls, log, now } = this.#parts;
    const before = now() - TOMBSTONE_MS;
    const works = [
      () => segments.removeTombstones(before),
      // While the tombstone is there, and after.
      () => scheduleRuns.releaseDeleted(),
      () => schedules.removeTombstones(before),
      () => imports.removeOldest(),
      () => urls.removeTombstones(before),
    ];
    for (const work of works) {
      if (this.#isClosed) return;
      try {
        await work();
      } catch (error) {
        if (this.#isClosed) return;
        log.warn(
          { failure: failureName(error) },
          'what is left of deleted segments, schedules and URLs, or old imports, could not be removed',
        );
      }
    }
  }
}
