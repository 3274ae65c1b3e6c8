import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { failureName } from '../clickhouse/failures.ts';
import type { FairShare } from '../fair-share/fair-share.ts';
import { ExportFailure, type ExportJob, type OpenExport } from './export-job.ts';
import type { ExportTargets } from './export-targets.ts';
import type { ActiveJob } from './job-queue.ts';
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

/** Between attempts at writing down what has become of a job. */
const SAVE_PAUSE_MS = 1_000;

const STOPPED = 'Spoor was stopped each time that it ran.';

/** Makes one attempt at a job, and writes down what has become of it. */
export async function attemptJob(active: ActiveJob, signal: AbortSignal, parts: AttemptParts): Promise<void> {
  const next = await attempted(active, signal, parts);
  // Only what is stored is shown: what this process does not live to store begins anew.
  const stored = next && (await saved(parts.stored, next, signal));
  active.job = stored ?? active.job;
  if (stored?.state === 'done' || stored?.state === 'failed') parts.onEnded?.(stored.state);
}

/** Writes a job, again until ClickHouse has it. @returns undefined where the signal aborts before */
export async function saved(
  stored: StoredJobs,
  job: ExportJob,
  signal: AbortSignal,
  isDeleted = false,
): Promise<ExportJob | undefined> {
  while (!signal.aborted) {
    try {
      return await stored.write(job, isDeleted);
    } catch {
      await delay(SAVE_PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }
  return undefined;
}

/** @returns what has become of the job; undefined where the attempt was ended */
async function attempted(
  active: ActiveJob,
  signal: AbortSignal,
  parts: AttemptParts,
): Promise<ExportJob | undefined> {
  const { stored, targets, now, log, keptMs } = parts;
  const attempts = active.job.attempts + 1;
  try {
    if (active.job.upload !== null) await targets.abortUpload(active.job, signal);
    const begun = { state: 'running', attempts, bytes: 0, rows: null, upload: null } as const;
    active.job = await stored.write({ ...active.job, ...begun });
    if (attempts > MAX_ATTEMPTS) throw new ExportFailure(active.job.error ?? STOPPED);
    const { rows, bytes } = await carriedOut(active, signal, parts);
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

async function carriedOut(
  active: ActiveJob,
  signal: AbortSignal,
  { open, slots, stored, targets }: AttemptParts,
): Promise<ExportOutcome> {
  const { order, ownerId } = active.job;
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
          active.job = await stored.write({ ...active.job, upload });
        },
      });
    },
    onProgress: (bytes) => {
      active.job = { ...active.job, bytes };
    },
  });
}
