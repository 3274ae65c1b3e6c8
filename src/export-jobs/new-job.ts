import { randomBytes } from 'node:crypto';
import { type ExportJob, listedOrder } from './export-job.ts';

/** Ids of jobs, each larger than those before. */
export class JobIds {
  #last = '';

  /** @param now Unix milliseconds */
  next(now: number): string {
    const time = Math.max(now, Number.parseInt(this.#last.slice(0, 12) || '0', 16) + 1);
    this.#last = time.toString(16).padStart(12, '0') + randomBytes(8).toString('hex');
    return this.#last;
  }
}

/** A queued job. */
export function newJob(
  job: Pick<ExportJob, 'id' | 'ownerId' | 'order' | 'instance' | 'createdAt' | 'expiresAt'>,
): ExportJob {
  return {
    ...job,
    order: listedOrder(job.order),
    state: 'queued',
    error: null,
    fileName: null,
    contentType: null,
    upload: null,
    rows: null,
    bytes: 0,
    progress: null,
    attempts: 0,
    finishedAt: null,
    version: 0,
  };
}
