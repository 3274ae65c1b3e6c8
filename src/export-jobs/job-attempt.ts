import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { failureName } from '../clickhouse/failures.ts';
import type { FairShare } from '../fair-share/fair-share.ts';
import { DestinationDown, Refusal } from './bucket.ts';
import { ExportFailure, type ExportJob, type ExportOrder, type OpenExport } from './export-job.ts';
import type { ExportTargets } from './export-targets.ts';
import type { ActiveJob, AttemptEnd } from './job-queue.ts';
import { type ExportOutcome, isWorthRetrying, runExport, sentenceOf } from './run-export.ts';
import type { StoredJobs } from './stored-jobs.ts';

export interface AttemptParts {
  readonly stored: StoredJobs;
  readonly targets: ExportTargets;
  readonly slots: FairShare;
  readonly open: OpenExport;
  /** How long files are kept, milliseconds. */
  readonly keptMs: number;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: Pick<Logger, 'warn'>;
  /** Told how jobs have ended. */
  readonly onEnded?: (state: 'done' | 'failed') => void;
}

/** How often a job is begun at most, kills of the process counted, and the pause before the second time; each further one is twice as long. */
const MAX_ATTEMPTS = 10;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

/** Between attempts at asking ClickHouse for a job, or at writing down what has become of it. */
const SAVE_PAUSE_MS = 1_000;

const STOPPED = 'Spoor was stopped each time that it ran.';

/** Makes one attempt at a job, and writes down what has become of it. */
export async function attemptJob(
  active: ActiveJob,
  signal: AbortSignal,
  parts: AttemptParts,
): Promise<AttemptEnd> {
  const order = await untilDone(() => parts.stored.orderOf(active.job), signal);
  // Deleted, or another instance carries it out.
  if (order === undefined) return { isToBeRetried: false };
  const { job: next, failure } = await attempted(active, order, signal, parts);
  // Only what is stored is shown: what this process does not live to store begins again.
  const stored = next && (await untilDone(() => parts.stored.write(next, keptOrder(next, order)), signal));
  active.job = stored ?? active.job;
  const { state } = active.job;
  if (stored !== undefined && (state === 'done' || state === 'failed')) parts.onEnded?.(state);
  const isDown = failure instanceof DestinationDown;
  return {
    isToBeRetried: state === 'queued',
    ...((isDown || next?.state === 'done') && { hasResponded: !isDown }),
  };
}

/** What has ended is carried out no more. */
function keptOrder({ state }: ExportJob, order: ExportOrder): { readonly order?: ExportOrder } {
  return state === 'queued' ? { order } : {};
}

/** Does what ClickHouse takes part in, again until it succeeds. @returns undefined where the signal aborts before */
export async function untilDone<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  while (!signal.aborted) {
    try {
      return await work();
    } catch {
      await delay(SAVE_PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }
  return undefined;
}

/** Ignores a refusal: a store that does not allow aborting uploads may still accept files. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
}

interface Attempted {
  /** What has become of the job; undefined where the attempt was ended. */
  readonly job?: ExportJob;
  readonly failure?: unknown;
}

async function attempted(
  active: ActiveJob,
  order: ExportOrder,
  signal: AbortSignal,
  parts: AttemptParts,
): Promise<Attempted> {
  const { stored, targets, now, log, keptMs } = parts;
  const attempts = active.job.attempts + 1;
  try {
    await targets.abortUpload(active.job, signal).catch(unlessRefused);
    const begun = { state: 'running', attempts, bytes: 0, progress: null, rows: null, upload: null } as const;
    active.job = await stored.write({ ...active.job, ...begun }, { order });
    if (attempts > MAX_ATTEMPTS) throw new ExportFailure(active.job.error ?? STOPPED);
    const { rows, bytes } = await carriedOut(active, order, signal, parts);
    const finishedAt = now();
    const ended = { state: 'done', upload: null, error: null, finishedAt } as const;
    return { job: { ...active.job, ...ended, rows, bytes, expiresAt: finishedAt + keptMs } };
  } catch (error) {
    if (signal.aborted) return {};
    log.warn({ failure: failureName(error), attempts }, 'an export job has failed');
    const isLast = attempts >= MAX_ATTEMPTS || !isWorthRetrying(error);
    active.notBefore = now() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
    const job: ExportJob = {
      ...active.job,
      attempts,
      state: isLast ? 'failed' : 'queued',
      error: sentenceOf(error),
      finishedAt: isLast ? now() : null,
    };
    return { job, failure: error };
  }
}

async function carriedOut(
  active: ActiveJob,
  order: ExportOrder,
  signal: AbortSignal,
  { open, slots, stored, targets }: AttemptParts,
): Promise<ExportOutcome> {
  const { ownerId } = active.job;
  return runExport(order, {
    open,
    slots,
    ownerId,
    signal,
    target: async ({ fileName, contentType }) => {
      active.job = { ...active.job, fileName: order.fileName ?? fileName, contentType };
      return targets.open(active.job, {
        signal,
        onUpload: async (upload) => {
          active.job = await stored.write({ ...active.job, upload }, { order });
        },
      });
    },
    onProgress: (progress) => {
      active.job = { ...active.job, ...progress };
    },
  });
}
