import { setTimeout as delay } from 'node:timers/promises';
import { DestinationPauses } from './destination-pauses.ts';
import type { ExportJob } from './export-job.ts';
import { type QueuedJob, runnableJobs } from './runnable-jobs.ts';

/** How long a stop waits until running jobs are queued again; the next start does that for the others. */
const CLOSING_MS = 1_000;

/** A job that is queued or running in this process. */
export interface ActiveJob extends QueuedJob {
  job: ExportJob;
  isRunning: boolean;
  isTrial: boolean;
  notBefore: number;
  readonly removal: AbortController;
  readonly ended: Promise<ExportJob>;
  readonly end: (job: ExportJob) => void;
}

export interface JobQueueParts {
  /** Jobs that run at once, beside one that tries whether a destination responds again. */
  readonly maxRunning: number;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Makes an attempt at a job. */
  readonly run: (active: ActiveJob, signal: AbortSignal) => Promise<AttemptEnd>;
}

export interface AttemptEnd {
  /** The job waits for another attempt, not before its `notBefore`. */
  readonly isToBeRetried: boolean;
  /** Whether its destination responded; undefined where that cannot be told. */
  readonly hasResponded?: boolean;
}

/** The jobs of this process, each of which runs when a slot is free. */
export class JobQueue {
  readonly #parts: JobQueueParts;
  /** In the order in which they were created. */
  readonly #active = new Map<string, ActiveJob>();
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #pauses = new DestinationPauses();
  #waking: NodeJS.Timeout | undefined;

  constructor(parts: JobQueueParts) {
    this.#parts = parts;
  }

  get(id: string): ActiveJob | undefined {
    return this.#active.get(id);
  }

  all(): readonly ActiveJob[] {
    return [...this.#active.values()];
  }

  /** Queues a job, which can start from the next `wake` on. @param notBefore Unix milliseconds */
  add(job: ExportJob, notBefore: number): ActiveJob {
    let end: (ended: ExportJob) => void = () => {};
    const ended = new Promise<ExportJob>((resolve) => (end = resolve));
    const active = {
      job,
      isRunning: false,
      isTrial: false,
      notBefore,
      removal: new AbortController(),
      ended,
      end,
    };
    this.#active.set(job.id, active);
    return active;
  }

  remove(id: string): void {
    this.#active.delete(id);
  }

  /** Starts the jobs that can run now, and wakes again when the next one may. */
  wake(): void {
    const { now, maxRunning } = this.#parts;
    clearTimeout(this.#waking);
    if (this.#closing.signal.aborted) return;
    const { due, next } = runnableJobs(this.all(), {
      maxRunning,
      now: now(),
      pausedUntil: (destination) => this.#pauses.until(destination),
      isDown: (destination) => this.#pauses.isDown(destination),
    });
    for (const active of due) {
      active.isRunning = true;
      active.isTrial = this.#pauses.isDown(active.job.order.destination);
      const run: Promise<void> = this.#run(active).finally(() => {
        this.#running.delete(run);
        this.wake();
      });
      this.#running.add(run);
    }
    if (next < Infinity) this.#waking = setTimeout(() => this.wake(), Math.max(0, next - now())).unref();
  }

  /** Ends what runs, and begins nothing more. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#waking);
    await Promise.race([Promise.all(this.#running), delay(CLOSING_MS, undefined, { ref: false })]);
  }

  async #run(active: ActiveJob): Promise<void> {
    const signal = AbortSignal.any([this.#closing.signal, active.removal.signal]);
    const { isToBeRetried, hasResponded } = await this.#parts.run(active, signal);
    active.isRunning = false;
    const { destination } = active.job.order;
    if (destination !== null && hasResponded === true) this.#pauses.responded(destination);
    if (destination !== null && hasResponded === false) this.#pauses.failed(destination, this.#parts.now());
    if (isToBeRetried && !signal.aborted) return;
    this.remove(active.job.id);
    active.end(active.job);
  }
}
