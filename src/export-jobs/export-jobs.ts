import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { failureName } from '../clickhouse/failures.ts';
import { AppError, unavailable } from '../errors.ts';
import type { FairShare } from '../fair-share/fair-share.ts';
import type { Holder } from '../fair-share/holder.ts';
import { Bucket } from './bucket.ts';
import { BucketTarget, abortUpload } from './bucket-target.ts';
import { type Destinations, ownerPrefix } from './destination.ts';
import type { ExportFolder } from './export-folder.ts';
import {
  ExportFailure,
  type ExportJob,
  type ExportOrder,
  type ExportTarget,
  type OpenExport,
  type OpenedExport,
} from './export-job.ts';
import { isWorthRetrying, runExport, sentenceOf } from './run-export.ts';
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
}

/** Jobs of one owner that may wait, and that run at once. */
export const MAX_WAITING = 20;
const RUNNING_EACH = 2;

/** How often a job is begun at most, kills of the process counted, and the pause before the second time; each further one is twice as long. */
const MAX_ATTEMPTS = 10;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

const SWEEP_EVERY_MS = 3_600_000;
/** Between attempts at writing down what has become of a job. */
const SAVE_PAUSE_MS = 1_000;

const LOST = 'The instance that had the export is gone.';
const TOO_MANY = `Too many exports are waiting: an owner has at most ${MAX_WAITING}. Try again later, or delete some.`;

/** A job that waits or runs in this process. */
interface ActiveJob {
  job: ExportJob;
  isRunning: boolean;
  /** Not before that, Unix milliseconds. */
  notBefore: number;
  readonly removal: AbortController;
  readonly ended: Promise<ExportJob>;
  readonly end: (job: ExportJob) => void;
}

/** Exports that are carried out without a client waiting for them. What is stored of them is never lost: a killed one begins anew. */
export class ExportJobs {
  readonly #parts: ExportJobsParts;
  /** In the order in which they were created. */
  readonly #active = new Map<string, ActiveJob>();
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #sweeping: NodeJS.Timeout | undefined;
  #waking: NodeJS.Timeout | undefined;
  #lastId = '';

  constructor(parts: ExportJobsParts) {
    this.#parts = parts;
  }

  /** Takes up what an earlier process has left, and removes what it left of files. @throws AppError `unavailable` */
  async start(): Promise<void> {
    const { instance, stored, now } = this.#parts;
    if (instance === undefined) return;
    const own = await stored.ofInstance(instance);
    for (const job of own.toReversed()) {
      if (job.state === 'queued' || job.state === 'running') this.#add({ ...job, state: 'queued' }, now());
      else if (job.upload !== null) void this.#abortLeft(job);
    }
    await this.#sweep(own, () => false);
    this.#sweeping = setInterval(() => void this.#sweepStored(), SWEEP_EVERY_MS).unref();
    this.#wake();
  }

  /** Ends what runs; it is taken up by the next process. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#sweeping);
    clearTimeout(this.#waking);
    await Promise.all(this.#running);
  }

  /**
   * Creates a job. It runs when its turn comes.
   * @throws AppError `unavailable` when too many wait, or where nothing can be written; 422 for an unknown destination
   */
  async create(order: ExportOrder, ownerId: string): Promise<ExportJob> {
    const { instance, folder, destinations, now, keptMs, stored } = this.#parts;
    const { destination } = order;
    if (destination !== null && !destinations.has(destination)) {
      throw new AppError('validation_error', 'There is no destination of that name.', {
        status: 422,
        field: 'destination',
      });
    }
    if (instance === undefined || (destination === null && folder === undefined)) {
      throw unavailable('Exports cannot be stored: the operator must make SPOOR_EXPORT_DIR writable.');
    }
    const waiting = [...this.#active.values()].filter(
      ({ job, isRunning }) => job.ownerId === ownerId && !isRunning,
    );
    if (waiting.length >= MAX_WAITING) throw unavailable(TOO_MANY);
    const createdAt = now();
    const job: ExportJob = {
      id: this.#nextId(createdAt),
      ownerId,
      order,
      instance,
      state: 'queued',
      error: null,
      fileName: null,
      contentType: null,
      upload: null,
      rows: null,
      bytes: 0,
      attempts: 0,
      createdAt,
      finishedAt: null,
      expiresAt: createdAt + keptMs,
      version: 0,
    };
    // Among the others at once, so that no more are let in while it is written.
    const active = this.#add(job, Infinity);
    try {
      active.job = await stored.write(job);
    } catch (error) {
      this.#active.delete(job.id);
      throw error;
    }
    active.notBefore = createdAt;
    this.#wake();
    return active.job;
  }

  /** @returns undefined for one that there is not, or that is of another owner than `ownerId` */
  async find(id: string, ownerId: string | undefined): Promise<ExportJob | undefined> {
    const job = this.#active.get(id)?.job ?? (await this.#parts.stored.find(id));
    return job !== undefined && (ownerId ?? job.ownerId) === job.ownerId ? this.#unlessLost(job) : undefined;
  }

  /** The newest first. */
  async list(listing: JobListing): Promise<readonly ExportJob[]> {
    const active = new Map([...this.#active].map(([id, { job }]) => [id, job]));
    const found = await this.#parts.stored.list(listing);
    return found.map((job) => this.#unlessLost(this.#active.get(job.id)?.job ?? active.get(job.id) ?? job));
  }

  /**
   * A job when it has ended: done, failed or removed; not ended when this process closes, which leaves it to the next one.
   * @returns undefined for one that there is not
   */
  async ended(id: string): Promise<ExportJob | undefined> {
    return (await this.#active.get(id)?.ended) ?? this.find(id, undefined);
  }

  /** The file of a job that is done; undefined where it is gone. @throws AppError `conflict` where it is not here */
  async openFile(job: ExportJob): Promise<FileHandle | undefined> {
    this.#requireOwn(job);
    return this.#parts.folder?.open(job.id);
  }

  /** Cancels a job and removes its file; a file in a destination stays. @throws AppError `conflict` where it is not here, `unavailable` */
  async remove(job: ExportJob): Promise<void> {
    this.#requireOwn(job);
    const active = this.#active.get(job.id);
    active?.removal.abort();
    const last = active === undefined ? job : active.isRunning ? await active.ended : active.job;
    this.#active.delete(job.id);
    await this.#parts.stored.write(last, true);
    await this.#parts.folder?.remove(job.id);
    active?.end(last);
  }

  /** Whether its file is no longer kept. */
  isExpired({ state, expiresAt }: ExportJob): boolean {
    return state !== 'failed' && expiresAt <= this.#parts.now();
  }

  #requireOwn({ instance }: ExportJob): void {
    const { instance: own, isAlone } = this.#parts;
    if (instance === own || isAlone) return;
    throw new AppError(
      'conflict',
      `The export is kept by another instance of Spoor, ${instance}: send the request to that one.`,
    );
  }

  /** A job as it is to be shown: what another data directory had, which nobody uses any more, does not go on. */
  #unlessLost(job: ExportJob): ExportJob {
    const { instance, isAlone } = this.#parts;
    if (job.instance === instance || !isAlone || job.state === 'failed') return job;
    return { ...job, state: 'failed', error: LOST };
  }

  #nextId(at: number): string {
    const time = Math.max(at, Number.parseInt(this.#lastId.slice(0, 12) || '0', 16) + 1);
    this.#lastId = time.toString(16).padStart(12, '0') + randomBytes(8).toString('hex');
    return this.#lastId;
  }

  #add(job: ExportJob, notBefore: number): ActiveJob {
    let end: (ended: ExportJob) => void = () => {};
    const ended = new Promise<ExportJob>((resolve) => (end = resolve));
    const active = { job, isRunning: false, notBefore, removal: new AbortController(), ended, end };
    this.#active.set(job.id, active);
    return active;
  }

  /** Begins what can run now, and comes back when the next one may. */
  #wake(): void {
    const { now, maxRunning } = this.#parts;
    clearTimeout(this.#waking);
    const all = [...this.#active.values()];
    const running = all.filter(({ isRunning }) => isRunning);
    let free = maxRunning - running.length;
    const byOwner = new Map<string, number>();
    for (const { job } of running) byOwner.set(job.ownerId, (byOwner.get(job.ownerId) ?? 0) + 1);
    let next = Infinity;
    for (const active of all) {
      if (active.isRunning || this.#closing.signal.aborted) continue;
      const { ownerId } = active.job;
      const own = byOwner.get(ownerId) ?? 0;
      if (active.notBefore > now()) next = Math.min(next, active.notBefore);
      else if (free > 0 && own < RUNNING_EACH) {
        free--;
        byOwner.set(ownerId, own + 1);
        active.isRunning = true;
        const run: Promise<void> = this.#run(active).finally(() => {
          this.#running.delete(run);
          this.#wake();
        });
        this.#running.add(run);
      }
    }
    if (next < Infinity) this.#waking = setTimeout(() => this.#wake(), Math.max(0, next - now())).unref();
  }

  /** Makes one attempt at a job, and writes down what has become of it. */
  async #run(active: ActiveJob): Promise<void> {
    const { stored, now, log, keptMs } = this.#parts;
    const signal = AbortSignal.any([this.#closing.signal, active.removal.signal]);
    const attempts = active.job.attempts + 1;
    try {
      if (active.job.upload !== null) await this.#abortUpload(active.job);
      const begun = { state: 'running', attempts, bytes: 0, rows: null, upload: null } as const;
      active.job = await stored.write({ ...active.job, ...begun });
      if (attempts > MAX_ATTEMPTS)
        throw new ExportFailure(active.job.error ?? 'Spoor was stopped each time.');
      const { rows, bytes } = await this.#carryOut(active, signal);
      const finishedAt = now();
      active.job = {
        ...active.job,
        rows,
        bytes,
        state: 'done',
        upload: null,
        error: null,
        finishedAt,
        expiresAt: finishedAt + keptMs,
      };
    } catch (error) {
      if (signal.aborted) return active.end(active.job);
      log.warn({ failure: failureName(error), attempts }, 'an export job has failed');
      const isLast = attempts >= MAX_ATTEMPTS || !isWorthRetrying(error);
      active.job = {
        ...active.job,
        attempts,
        state: isLast ? 'failed' : 'queued',
        error: sentenceOf(error),
        finishedAt: isLast ? now() : null,
      };
      active.notBefore = now() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
    }
    await this.#save(active);
    active.isRunning = false;
    if (active.job.state === 'queued' && !active.removal.signal.aborted) return;
    this.#active.delete(active.job.id);
    active.end(active.job);
  }

  async #carryOut(active: ActiveJob, signal: AbortSignal) {
    const { open, slots } = this.#parts;
    const { order, ownerId } = active.job;
    return runExport(order, {
      open,
      slots,
      ownerId,
      signal,
      target: async (file) => {
        const fileName = order.fileName ?? file.fileName;
        active.job = { ...active.job, fileName, contentType: file.contentType };
        return this.#targetOf(active, { ...file, fileName }, signal);
      },
      onProgress: (bytes) => {
        active.job = { ...active.job, bytes };
      },
    });
  }

  async #targetOf(
    active: ActiveJob,
    { fileName, contentType }: Pick<OpenedExport, 'fileName' | 'contentType'>,
    signal: AbortSignal,
  ): Promise<ExportTarget> {
    const { stored, folder } = this.#parts;
    const { id, ownerId, order } = active.job;
    if (order.destination === null) {
      if (folder === undefined) throw new ExportFailure('Exports cannot be stored on this instance.');
      return folder.create(id, holderOf(ownerId));
    }
    return new BucketTarget(
      this.#bucket(order.destination),
      { key: this.#keyOf(active.job, fileName), fileName, contentType },
      {
        signal,
        onUpload: async (upload) => {
          active.job = await stored.write({ ...active.job, upload });
        },
      },
    );
  }

  /** Where the file of a job lies in its destination: under a name that the order gives, or in a folder of its own. */
  #keyOf({ id, ownerId, order }: ExportJob, fileName: string): string {
    const destination = this.#parts.destinations.get(order.destination ?? '');
    if (destination === undefined) throw new ExportFailure('The destination is not there any more.');
    const folder = ownerPrefix(destination, ownerId);
    return order.fileName === null ? `${folder}${id}/${fileName}` : `${folder}${fileName}`;
  }

  /** @returns the key of the file of a job that is done; undefined where it is no file in a destination */
  keyOf(job: ExportJob): string | undefined {
    const { destination } = job.order;
    if (destination === null || job.fileName === null || !this.#parts.destinations.has(destination)) {
      return undefined;
    }
    return this.#keyOf(job, job.fileName);
  }

  #bucket(name: string): Bucket {
    const destination = this.#parts.destinations.get(name);
    if (destination === undefined) throw new ExportFailure('The destination is not there any more.');
    return new Bucket(name, destination);
  }

  async #abortUpload({ order, upload }: ExportJob): Promise<void> {
    if (order.destination !== null && upload !== null) {
      await abortUpload(this.#bucket(order.destination), upload);
    }
  }

  /** Aborts the upload of a job that is given up. */
  async #abortLeft(job: ExportJob): Promise<void> {
    try {
      await this.#abortUpload(job);
      await this.#parts.stored.write({ ...job, upload: null });
    } catch (error) {
      this.#parts.log.warn({ failure: failureName(error) }, 'an upload of an export could not be aborted');
    }
  }

  /** Until ClickHouse has it; what is not stored when this process ends begins anew. */
  async #save(active: ActiveJob): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && !active.removal.signal.aborted) {
      try {
        active.job = await this.#parts.stored.write(active.job);
        return;
      } catch {
        await delay(SAVE_PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
      }
    }
  }

  async #sweepStored(): Promise<void> {
    const { instance, stored, log } = this.#parts;
    // What was under way or has come since then is perhaps not what the table says of it.
    const active = new Set(this.#active.keys());
    const last = this.#lastId;
    try {
      if (instance === undefined) return;
      await this.#sweep(await stored.ofInstance(instance), (id) => active.has(id) || id > last);
    } catch (error) {
      log.warn({ failure: failureName(error) }, 'the files of exports could not be swept');
    }
  }

  /** Removes the files that no job has. */
  async #sweep(own: readonly ExportJob[], isUnsure: (id: string) => boolean): Promise<void> {
    const done = own.filter((job) => job.state === 'done' && !this.isExpired(job));
    const kept = new Map(done.map(({ id, ownerId }) => [id, holderOf(ownerId)]));
    await this.#parts.folder?.sweep(kept, (id) => this.#active.has(id) || isUnsure(id));
  }
}

function holderOf(ownerId: string): Holder {
  return { kind: 'owner', name: ownerId };
}
