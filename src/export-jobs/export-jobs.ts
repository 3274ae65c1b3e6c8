import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { failureName } from '../clickhouse/failures.ts';
import { AppError, unavailable } from '../errors.ts';
import type { FairShare } from '../fair-share/fair-share.ts';
import type { Destinations } from './destination.ts';
import type { ExportFolder } from './export-folder.ts';
import { ExportFailure, type ExportJob, type ExportOrder, type OpenExport } from './export-job.ts';
import { ExportTargets } from './export-targets.ts';
import { type ExportOutcome, isWorthRetrying, runExport, sentenceOf } from './run-export.ts';
import type { JobListing, StoredJobs } from './stored-jobs.ts';
import { type Turn, turnsOf } from './turns.ts';

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

/** Jobs of one owner that may wait. */
export const MAX_WAITING = 20;

/** How often a job is begun at most, kills of the process counted, and the pause before the second time; each further one is twice as long. */
const MAX_ATTEMPTS = 10;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

/** How long a stop waits for what runs to be taken back; what is left then, the next start takes back. */
const CLOSING_MS = 1_000;

const SWEEP_EVERY_MS = 3_600_000;
/** Between attempts at writing down what has become of a job. */
const SAVE_PAUSE_MS = 1_000;

const STOPPED = 'Spoor was stopped each time that it ran.';
const LOST = 'The instance that had the export is gone.';
const TOO_MANY = `Too many exports are waiting: an owner has at most ${MAX_WAITING}. Try again later, or delete some.`;

/** A job that waits or runs in this process. */
interface ActiveJob extends Turn {
  job: ExportJob;
  isRunning: boolean;
  notBefore: number;
  readonly removal: AbortController;
  readonly ended: Promise<ExportJob>;
  readonly end: (job: ExportJob) => void;
}

/** Exports that are carried out without a client waiting for them. What is stored of them is never lost: a killed one begins anew. */
export class ExportJobs {
  readonly #parts: ExportJobsParts;
  readonly #targets: ExportTargets;
  /** In the order in which they were created. */
  readonly #active = new Map<string, ActiveJob>();
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #sweeping: NodeJS.Timeout | undefined;
  #waking: NodeJS.Timeout | undefined;
  #lastId = '';

  constructor(parts: ExportJobsParts) {
    this.#parts = parts;
    this.#targets = new ExportTargets(parts.folder, parts.destinations);
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
    await Promise.race([Promise.all(this.#running), delay(CLOSING_MS, undefined, { ref: false })]);
  }

  /** @throws AppError 422 where there is no destination of that name */
  checkDestination(name: string | null): void {
    if (name === null || this.#targets.has(name)) return;
    throw new AppError('validation_error', 'There is no destination of that name.', {
      status: 422,
      field: 'destination',
    });
  }

  /**
   * Creates a job. It runs when its turn comes.
   * @throws AppError `unavailable` when too many wait, or where nothing can be written; 422 for an unknown destination
   */
  async create(order: ExportOrder, ownerId: string): Promise<ExportJob> {
    const { instance, folder, now, keptMs, stored } = this.#parts;
    const { destination } = order;
    this.checkDestination(destination);
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
    try {
      await this.#parts.stored.write(last, true);
    } catch (error) {
      // It is there as before: nobody was told that it is gone.
      if (active !== undefined) this.#add({ ...last, state: 'queued' }, this.#parts.now());
      this.#wake();
      throw error;
    }
    await this.#parts.folder?.remove(job.id);
    active?.end(last);
  }

  /** Where the file of a job lies in its destination; undefined where it is no file in one. */
  keyOf(job: ExportJob): string | undefined {
    return this.#targets.keyOf(job);
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
    if (this.#closing.signal.aborted) return;
    const { due, next } = turnsOf([...this.#active.values()], { maxRunning, now: now() });
    for (const active of due) {
      active.isRunning = true;
      const run: Promise<void> = this.#run(active).finally(() => {
        this.#running.delete(run);
        this.#wake();
      });
      this.#running.add(run);
    }
    if (next < Infinity) this.#waking = setTimeout(() => this.#wake(), Math.max(0, next - now())).unref();
  }

  /** Makes one attempt at a job, and writes down what has become of it. */
  async #run(active: ActiveJob): Promise<void> {
    const signal = AbortSignal.any([this.#closing.signal, active.removal.signal]);
    const next = await this.#attempt(active, signal);
    // Only what is stored is shown: what this process does not live to store begins anew.
    const stored = next && (await this.#saved(next, signal));
    active.job = stored ?? active.job;
    active.isRunning = false;
    if (stored?.state === 'queued' && !active.removal.signal.aborted) return;
    this.#active.delete(active.job.id);
    active.end(active.job);
  }

  /** @returns what has become of the job; undefined where the attempt was ended */
  async #attempt(active: ActiveJob, signal: AbortSignal): Promise<ExportJob | undefined> {
    const { stored, now, log, keptMs } = this.#parts;
    const attempts = active.job.attempts + 1;
    try {
      if (active.job.upload !== null) await this.#targets.abortUpload(active.job);
      const begun = { state: 'running', attempts, bytes: 0, rows: null, upload: null } as const;
      active.job = await stored.write({ ...active.job, ...begun });
      if (attempts > MAX_ATTEMPTS) throw new ExportFailure(active.job.error ?? STOPPED);
      const { rows, bytes } = await this.#carryOut(active, signal);
      const finishedAt = now();
      const ended = { state: 'done', upload: null, error: null, finishedAt } as const;
      return { ...active.job, ...ended, rows, bytes, expiresAt: finishedAt + keptMs };
    } catch (error) {
      if (signal.aborted) return undefined;
      log.warn({ failure: failureName(error), attempts }, 'an export job has failed');
      const isLast = attempts >= MAX_ATTEMPTS || !isWorthRetrying(error);
      active.notBefore = now() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
      return {
        ...active.job,
        attempts,
        state: isLast ? 'failed' : 'queued',
        error: sentenceOf(error),
        finishedAt: isLast ? now() : null,
      };
    }
  }

  async #carryOut(active: ActiveJob, signal: AbortSignal): Promise<ExportOutcome> {
    const { open, slots, stored } = this.#parts;
    const { order, ownerId } = active.job;
    return runExport(order, {
      open,
      slots,
      ownerId,
      signal,
      target: async ({ fileName, contentType }) => {
        active.job = { ...active.job, fileName: order.fileName ?? fileName, contentType };
        return this.#targets.open(active.job, {
          signal,
          onUpload: async (upload) => {
            active.job = await stored.write({ ...active.job, upload });
          },
        });
      },
      onProgress: (bytes) => {
        active.job = { ...active.job, bytes };
      },
    });
  }

  /** Aborts the upload of a job that is given up. */
  async #abortLeft(job: ExportJob): Promise<void> {
    try {
      await this.#targets.abortUpload(job);
      await this.#parts.stored.write({ ...job, upload: null });
    } catch (error) {
      this.#parts.log.warn({ failure: failureName(error) }, 'an upload of an export could not be aborted');
    }
  }

  /** Writes a job, again until ClickHouse has it. @returns undefined where the signal aborts before */
  async #saved(job: ExportJob, signal: AbortSignal): Promise<ExportJob | undefined> {
    while (!signal.aborted) {
      try {
        return await this.#parts.stored.write(job);
      } catch {
        await delay(SAVE_PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
      }
    }
    return undefined;
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
    const kept = new Map(done.map(({ id, ownerId }) => [id, { kind: 'owner', name: ownerId } as const]));
    await this.#parts.folder?.sweep(kept, (id) => this.#active.has(id) || isUnsure(id));
  }
}
