import type { ExportFolder } from './export-folder.ts';
import type { ExportJob } from './export-job.ts';
import type { JobQueue } from './job-queue.ts';

export interface JobSweepParts {
  /** undefined: files cannot be written here. */
  readonly folder: ExportFolder | undefined;
  readonly queue: Pick<JobQueue, 'get' | 'all'>;
  readonly isExpired: (job: ExportJob) => boolean;
}

/** Removes the files that no job has any more. */
export class JobSweep {
  readonly #parts: JobSweepParts;
  /** Jobs that were under way or begun while the table is read, which has perhaps another state of them. */
  #unsure: Set<string> | undefined;

  constructor(parts: JobSweepParts) {
    this.#parts = parts;
  }

  /** To be called for each job that is begun. */
  begun(id: string): void {
    this.#unsure?.add(id);
  }

  /** @param read reads the jobs of this instance that have not expired @throws what it throws */
  async run(read: () => Promise<readonly ExportJob[]>): Promise<void> {
    const { folder, queue, isExpired } = this.#parts;
    const unsure = (this.#unsure = new Set(queue.all().map(({ job }) => job.id)));
    try {
      const done = (await read()).filter((job) => job.state === 'done' && !isExpired(job));
      const kept = new Map(done.map(({ id, ownerId }) => [id, { kind: 'owner', name: ownerId } as const]));
      await folder?.sweep(kept, (id) => queue.get(id) !== undefined || unsure.has(id));
    } finally {
      this.#unsure = undefined;
    }
  }
}
