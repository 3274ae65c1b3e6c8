import type { Logger } from 'pino';
import { failureName } from '../clickhouse/failures.ts';
import { AppError } from '../errors.ts';
import { ExportFailure } from './export-job.ts';
import type { ExportTargets } from './export-targets.ts';
import type { LeftUpload, StoredJobs } from './stored-jobs.ts';

export interface LeftUploadsParts {
  readonly stored: StoredJobs;
  readonly targets: ExportTargets;
  /** Whether a job waits or runs: its next attempt aborts what the one before has left. */
  readonly isActive: (id: string) => boolean;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Uploads that jobs have left which failed or were deleted, since their destination did not respond. A store keeps their parts, at
 * the operator's cost, until they are aborted, so that is tried again until it succeeds.
 */
export class LeftUploads {
  readonly #parts: LeftUploadsParts;
  #aborting: Promise<void> = Promise.resolve();

  constructor(parts: LeftUploadsParts) {
    this.#parts = parts;
  }

  /** Aborts those of an instance, one after the other. What fails stays for the next time. */
  async abort(instance: string, signal: AbortSignal): Promise<void> {
    const before = this.#aborting;
    this.#aborting = before.then(() => this.#abort(instance, signal));
    return this.#aborting;
  }

  async #abort(instance: string, signal: AbortSignal): Promise<void> {
    const { stored, targets, isActive, log } = this.#parts;
    if (signal.aborted) return;
    const down = new Set<string | null>();
    try {
      for (const left of await stored.leftUploads(instance)) {
        const { destination } = left.job.order;
        const isThere = destination !== null && targets.has(destination) && !down.has(destination);
        if (isThere && !isActive(left.job.id) && !(await this.#abortOne(left, signal))) down.add(destination);
      }
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ failure: failureName(error) }, 'uploads of exports could not be aborted');
    }
  }

  /** @returns whether its destination has done it */
  async #abortOne({ job, isDeleted }: LeftUpload, signal: AbortSignal): Promise<boolean> {
    const { stored, targets, log } = this.#parts;
    try {
      await targets.abortUpload(job, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof AppError || error instanceof ExportFailure)) throw error;
      log.warn({ failure: failureName(error) }, 'an upload of an export could not be aborted');
      return false;
    }
    await stored.write({ ...job, upload: null }, { isDeleted });
    return true;
  }
}
