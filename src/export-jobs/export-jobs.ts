import type { FileHandle } from 'node:fs/promises';
import type { Logger } from 'pino';
import { failureName } from '../clickhouse/failures.ts';
import { TAKE_OVER } from '../clickhouse/row-versions.ts';
import { AppError, unavailable } from '../errors.ts';
import type { FairShare } from '../fair-share/fair-share.ts';
import type { Destinations } from './destination.ts';
import type { ExportFolder } from './export-folder.ts';
import type { ExportJob, ExportOrder, OpenExport } from './export-job.ts';
import { ExportTargets } from './export-targets.ts';
import { attemptJob, untilDone } from './job-attempt.ts';
import { type ActiveJob, JobQueue } from './job-queue.ts';
import { JobSweep } from './job-sweep.ts';
import { JobIds, newJob } from './new-job.ts';
import { LeftUploads } from './left-uploads.ts';
import type { JobListing, StoredJobs } from './stored-jobs.ts';

export interface ExportJobsParts {
  readonly stored: StoredJobs;
  /** undefined: files cannot be written here. */
  readonly folder: ExportFolder | undefined;
  readonly destinations: Destinations;
  readonly slots: FairShare;
  readonly open: OpenExport;
  /** Names the data directory; undefined where it has no name, and no jobs. */
  readonly instance: string | undefined;
  /** No other instance uses this ClickHouse. */
  readonly isAlone: boolean;
  /** How long files are kept, milliseconds. */
  readonly keptMs: number;
  /** Jobs that are carried out at once. */
  readonly maxRunning: number;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  /** Told how jobs have ended. */
  readonly onEnded?: (state: 'done' | 'failed') => void;
}

/** Jobs of one owner that may wait. */
export const MAX_WAITING = 20;

const SWEEP_EVERY_MS = 3_600_000;

const LOST = 'The instance that had the export is gone.';
const TOO_MANY = `Too many exports are waiting: an owner has at most ${MAX_WAITING}. Try again later, or delete some.`;

/** Exports that are carried out without a client waiting for them. What is stored of them is never lost: a killed one begins again. */
export class ExportJobs {
  readonly #parts: ExportJobsParts;
  readonly #targets: ExportTargets;
  readonly #queue: JobQueue;
  readonly #closing = new AbortController();
  readonly #sweep: JobSweep;
  readonly #uploads: LeftUploads;
  readonly #ids = new JobIds();
  #sweeping: NodeJS.Timeout | undefined;

  constructor(parts: ExportJobsParts) {
    this.#parts = parts;
    this.#targets = new ExportTargets(parts.folder, parts.destinations);
    const attempt = { ...parts, targets: this.#targets };
    this.#queue = new JobQueue({ ...parts, run: (active, signal) => attemptJob(active, signal, attempt) });
    const isExpired = this.isExpired.bind(this);
    this.#sweep = new JobSweep({ folder: parts.folder, queue: this.#queue, isExpired });
    this.#uploads = new LeftUploads({ ...attempt, isActive: (id) => this.#queue.get(id) !== undefined });
  }

  /** Takes up what an earlier process has left, and removes what it left of files. @throws AppError `unavailable` */
  async start(): Promise<void> {
    const { instance, stored, now } = this.#parts;
    if (instance === undefined) return;
    for (const job of await stored.openOfInstance(instance)) this.#add({ ...job, state: 'queued' }, now());
    await this.#sweep.run(() => stored.ofInstance(instance));
    void this.#uploads.abort(instance, this.#closing.signal);
    this.#sweeping = setInterval(() => void this.#sweepStored(), SWEEP_EVERY_MS).unref();
    this.#queue.wake();
  }

  /** Ends what runs; it is taken up by the next process. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#sweeping);
    await this.#queue.close();
  }

  /** @throws AppError 422 where there is no destination of that name */
  checkDestination(name: string | null): void {
    if (name === null || this.#targets.has(name)) return;
    const nearest = this.#targets.nearest(name);
    const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
    throw new AppError('validation_error', `There is no destination of that name.${hint}`, {
      status: 422,
      field: 'destination',
    });
  }

  /** An id for a new job, larger each time. */
  newId(): string {
    return this.#ids.next(this.#parts.now());
  }

  /**
   * Creates a job. It runs once there is a free slot.
   * @throws AppError `unavailable` when too many wait, or where nothing can be written; 422 for an unknown destination
   */
  async create(order: ExportOrder, ownerId: string): Promise<ExportJob> {
    const job = this.#newJob(this.newId(), order, ownerId);
    try {
      return await this.#begin(job, order);
    } catch (error) {
      // Nobody knows its id. ClickHouse may have it all the same, or get it yet.
      void untilDone(() => this.#parts.stored.write(job, { isDeleted: true }), this.#closing.signal);
      throw error;
    }
  }

  /**
   * Creates a job with an id that the caller has stored before. Calling it again, here or in another instance, creates no second job:
   * this instance starts the same job again.
   * @param id of `newId`
   * @throws as `create`
   */
  async createOnce(id: string, order: ExportOrder, ownerId: string): Promise<ExportJob> {
    const job = this.#newJob(id, order, ownerId);
    const { version = 0, upload = null, instance } = (await this.#parts.stored.latest(id)) ?? {};
    const isOwn = instance === undefined || instance === job.instance;
    const active = this.#queue.get(id);
    if (active !== undefined && isOwn) return active.job;
    // Another instance has taken over the job that this one is running, and may still run it.
    if (active !== undefined) await this.#cancel(active);
    return this.#begin({ ...job, version: isOwn ? version : version + TAKE_OVER, upload }, order);
  }

  /** @throws AppError as `create` */
  #newJob(id: string, order: ExportOrder, ownerId: string): ExportJob {
    const { instance, folder, now, keptMs } = this.#parts;
    const { destination } = order;
    this.checkDestination(destination);
    if (instance === undefined || (destination === null && folder === undefined)) {
      throw unavailable('Exports cannot be stored: the operator must make SPOOR_EXPORT_DIR writable.');
    }
    const waiting = this.#queue.all().filter(({ job, isRunning }) => job.ownerId === ownerId && !isRunning);
    if (waiting.length >= MAX_WAITING) throw unavailable(TOO_MANY);
    const createdAt = now();
    return newJob({ id, ownerId, order, instance, createdAt, expiresAt: createdAt + keptMs });
  }

  /** @throws AppError `unavailable` */
  async #begin(job: ExportJob, order: ExportOrder): Promise<ExportJob> {
    // Among the others at once, so that no more are let in while it is written.
    const active = this.#add(job, Infinity);
    try {
      active.job = await this.#parts.stored.write(job, { order });
    } catch (error) {
      this.#queue.remove(job.id);
      throw error;
    }
    active.notBefore = job.createdAt;
    this.#queue.wake();
    return active.job;
  }

  /** @returns undefined for one that there is not, or that is of another owner than `ownerId` */
  async find(id: string, ownerId: string | undefined): Promise<ExportJob | undefined> {
    const job = this.#queue.get(id)?.job ?? (await this.#parts.stored.find(id));
    return job !== undefined && (ownerId ?? job.ownerId) === job.ownerId ? this.#unlessLost(job) : undefined;
  }

  /** How many jobs of this process have not ended. */
  get open(): Readonly<Record<'queued' | 'running', number>> {
    const all = this.#queue.all();
    const running = all.filter(({ isRunning }) => isRunning).length;
    return { queued: all.length - running, running };
  }

  /** The newest first. */
  async list(listing: JobListing): Promise<readonly ExportJob[]> {
    const active = new Map(this.#queue.all().map(({ job }) => [job.id, job]));
    const found = await this.#parts.stored.list(listing);
    return found.map((job) => this.#unlessLost(this.#queue.get(job.id)?.job ?? active.get(job.id) ?? job));
  }

  /**
   * A job when it has ended: done, failed or removed; not ended when this process closes, which leaves it to the next one.
   * @returns undefined for one that there is not
   */
  async ended(id: string): Promise<ExportJob | undefined> {
    return (await this.#queue.get(id)?.ended) ?? this.find(id, undefined);
  }

  /** The file of a job that is done; undefined where it is gone. @throws AppError `conflict` where it is not here */
  async openFile(job: ExportJob): Promise<FileHandle | undefined> {
    this.#requireOwn(job);
    return this.#parts.folder?.open(job.id);
  }

  /** Cancels a job and removes its file; a file in a destination stays. @throws AppError `conflict` where it is not here, `unavailable` */
  async remove(job: ExportJob): Promise<void> {
    this.#requireOwn(job);
    const active = this.#queue.get(job.id);
    const last = active === undefined ? job : await this.#cancel(active);
    try {
      await this.#parts.stored.write(last, { isDeleted: true });
    } catch (error) {
      // The job stays as it was: its deletion was not acknowledged.
      if (active !== undefined) this.#add({ ...last, state: 'queued' }, this.#parts.now());
      this.#queue.wake();
      throw error;
    }
    await this.#parts.folder?.remove(job.id);
    active?.end(last);
    // No attempt comes that would.
    if (last.upload !== null) void this.#uploads.abort(last.instance, this.#closing.signal);
  }

  /** Where the file of a job lies in its destination; undefined where it is no file in one. */
  keyOf(job: ExportJob): string | undefined {
    return this.#targets.keyOf(job);
  }

  /** Whether its file is no longer kept. */
  isExpired({ state, expiresAt }: ExportJob): boolean {
    return state !== 'failed' && expiresAt <= this.#parts.now();
  }

  /** Ends what is done of a job. @returns it as it was last */
  async #cancel(active: ActiveJob): Promise<ExportJob> {
    active.removal.abort();
    const last = active.isRunning ? await active.ended : active.job;
    this.#queue.remove(last.id);
    return last;
  }

  #requireOwn({ instance }: ExportJob): void {
    const { instance: own, isAlone } = this.#parts;
    if (instance === own || isAlone) return;
    throw new AppError(
      'conflict',
      `The export is kept by another instance of Spoor, ${instance}: send the request to that one.`,
    );
  }

  /** A job as the API shows it: one of another data directory, which is no longer used, has failed. */
  #unlessLost(job: ExportJob): ExportJob {
    const { instance, isAlone } = this.#parts;
    if (job.instance === instance || !isAlone || job.state === 'failed') return job;
    return { ...job, state: 'failed', error: LOST };
  }

  #add(job: ExportJob, notBefore: number): ActiveJob {
    this.#sweep.begun(job.id);
    return this.#queue.add(job, notBefore);
  }

  async #sweepStored(): Promise<void> {
    const { instance, stored, log } = this.#parts;
    if (instance === undefined) return;
    void this.#uploads.abort(instance, this.#closing.signal);
    try {
      await this.#sweep.run(() => stored.ofInstance(instance));
    } catch (error) {
      log.warn({ failure: failureName(error) }, 'the files of exports could not be swept');
    }
  }
}
