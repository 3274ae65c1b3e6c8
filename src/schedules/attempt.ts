import { AppError, ERRORS } from '../errors.ts';
import type { Scope } from '../keys/scopes.ts';
import { MAX_CLOCK_AHEAD_MS } from '../lib/clock-ahead.ts';
import { RUN_DELAYS, nextAttempt } from './back-off.ts';
import { type Condition, type Measured, holds } from './condition.ts';
import { latestTime } from './cron.ts';
import { newDelivery } from './delivery.ts';
import type { EventName, Run } from './stored-run.ts';
import { runFileName } from './run-file-name.ts';
import { type ExportTask, type Schedule, isByArrival } from './schedule.ts';
import { type Window, windowOf } from './window.ts';

/** For whom clicks are read. */
interface Reading {
  readonly ownerId: string;
  readonly scopes: readonly Scope[];
  readonly parameters: Schedule['parameters'];
  readonly timezone: string;
  readonly window: Window;
}

/** A file to be written; one of the same name is replaced. */
export interface FileOrder extends Reading, Omit<ExportTask, 'kind'> {
  /** Whether the window is of when clicks arrived. */
  readonly isByArrival: boolean;
  readonly fileName: string;
}

/** What to measure. */
export interface MeasureOrder extends Reading {
  readonly condition: Condition;
}

/** What runs are made of. All reject with what went wrong: an AppError where its owner may read it. */
export interface RunWork {
  /** Without a point. */
  readonly extensionOf: (task: ExportTask, parameters: FileOrder['parameters']) => string;
  /** An id for a new export. */
  readonly newExportId: () => string;
  /** Creates the export that writes a file. One that has the id begins again: of each id there is one file. */
  readonly createExport: (id: string, order: FileOrder) => Promise<void>;
  /**
   * Waits for an export to end.
   * @returns undefined where it is not this instance's, or gone: it has to be created anew
   * @throws AppError where it has failed
   */
  readonly exported: (exportId: string, signal: AbortSignal) => Promise<Run['file'] | undefined>;
  readonly measure: (order: MeasureOrder, signal: AbortSignal) => Promise<Measured>;
  /** The moment before which all clicks have arrived that ever will, by ClickHouse's clock, Unix milliseconds. */
  readonly arrivedUntil: () => Promise<number>;
  /** As `ScheduleRuns` has it. */
  readonly writtenUntil: (run: Run, moment: number) => Promise<number>;
}

/** The run at the beginning of its next attempt, with its window. */
export async function begun(schedule: Schedule, run: Run, now: number, work: RunWork): Promise<Run> {
  const next = { ...run, state: 'running', attempts: run.attempts + 1, startedAt: now } as const;
  if (run.isByArrival) return { ...next, ...(await arrivalsOf(run, work)) };
  return { ...next, window: run.window ?? windowOfRun(schedule, run) };
}

/**
 * The arrival window of a run. It begins where the file before ended, and stays the same in later attempts. If ClickHouse's clock was
 * ahead, earlier files may end in the future, and clicks that have arrived since have times within them. Then the window begins at the
 * end of the last file that does not end in the future: some clicks may be in two files, and none is missing.
 */
async function arrivalsOf(run: Run, work: RunWork): Promise<Pick<Run, 'window' | 'exportId'>> {
  const { window, exportId, arrivedBefore } = run;
  const until = await work.arrivedUntil();
  const latest = until + MAX_CLOCK_AHEAD_MS;
  if (window !== null && window.before <= latest) return { window, exportId };
  const from = arrivedBefore ?? 0;
  if (from <= latest) return { window: { from, before: Math.max(from, until) }, exportId: null };
  return { window: { from: await work.writtenUntil(run, until), before: until }, exportId: null };
}

function windowOfRun(schedule: Schedule, run: Run): Window {
  const { range, times } = schedule;
  if (range !== 'since_last_run') return windowOf(range, times.timezone, run.dueAt);
  return { from: latestTime(times, run.dueAt - 1) ?? schedule.createdAt, before: run.dueAt };
}

interface AttemptOptions {
  readonly work: RunWork;
  /** Stores a run that goes on. @returns it as it is stored */
  readonly put: (run: Run) => Promise<Run>;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Called with a failure that is not for the owner to read. */
  readonly onFault: (error: unknown) => void;
}

/**
 * Does what a run that has begun is for.
 * @returns the run as it is now: done, or failed, or waiting for the next attempt
 */
export async function attempted(schedule: Schedule, run: Run, options: AttemptOptions): Promise<Run> {
  const { now, signal, onFault } = options;
  const { task, webhookUrl } = schedule;
  let current = run;
  const put = async (changed: Run): Promise<Run> => (current = await options.put(changed));
  try {
    const result = await resultOf(schedule, run, { ...options, put });
    const finishedAt = now();
    const done: Run = { ...current, ...result, state: 'done', nextAt: null, error: null, finishedAt };
    const event = eventOf(done);
    return event === undefined || webhookUrl === null
      ? done
      : { ...done, delivery: newDelivery(event, finishedAt) };
  } catch (error) {
    signal.throwIfAborted();
    const finishedAt = now();
    if (!(error instanceof AppError)) onFault(error);
    const reason = error instanceof AppError ? error.message : ERRORS.internal_error.example.error;
    const next = isLasting(error) ? undefined : nextAttempt(RUN_DELAYS, run.attempts, finishedAt);
    if (next !== undefined) return { ...current, state: 'waiting', nextAt: next, error: reason, finishedAt };
    const failed: Run = { ...current, state: 'failed', nextAt: null, error: reason, finishedAt };
    if (task.kind === 'alert' || webhookUrl === null) return failed;
    return { ...failed, delivery: newDelivery('export.failed', finishedAt) };
  }
}

async function resultOf(
  schedule: Schedule,
  run: Run,
  { work, put, signal }: AttemptOptions,
): Promise<Pick<Run, 'file'> | Pick<Run, 'measured'>> {
  const { id, ownerId, scopes, parameters, times, task } = schedule;
  const { window } = run;
  if (window === null) throw new Error('A run that has begun has a window.');
  if (run.isByArrival !== isByArrival(schedule)) {
    throw new AppError('conflict', 'The range of the schedule was changed before this run was done.');
  }
  const reading = { ownerId, scopes, parameters, timezone: times.timezone, window };
  if (task.kind === 'alert') {
    const { condition } = task;
    const measured = await work.measure({ ...reading, condition }, signal);
    return { measured: { ...measured, holds: holds(condition, measured) } };
  }
  const begunBefore = await exportedBefore(run, work, signal);
  if (begunBefore !== undefined) return { file: begunBefore };
  const { what, format, destination } = task;
  const extension = work.extensionOf(task, parameters);
  const fileName = runFileName({ scheduleId: id, what, window, extension });
  const exportId = run.exportId ?? work.newExportId();
  // Stored first: after a kill, the run is continued with the same export, so that the window is in one file.
  if (exportId !== run.exportId) await put({ ...run, exportId });
  const order = { ...reading, what, format, destination, isByArrival: run.isByArrival, fileName };
  await work.createExport(exportId, order);
  const file = await work.exported(exportId, signal);
  if (file === undefined) throw new AppError('conflict', 'The export was removed before it was done.');
  return { file };
}

/** The file of an export that was begun for a run. Where it failed a run that is due anew begins it anew. */
async function exportedBefore(
  { exportId, attempts }: Run,
  work: RunWork,
  signal: AbortSignal,
): Promise<Run['file'] | undefined> {
  if (exportId === null) return undefined;
  try {
    return await work.exported(exportId, signal);
  } catch (error) {
    if (attempts > 1 || !(error instanceof AppError)) throw error;
    return undefined;
  }
}

/** What a run that is done has to tell: an alert only that its condition holds now and did not before. */
function eventOf({ measured, heldBefore }: Run): EventName | undefined {
  if (measured === null) return 'export.done';
  return measured.holds && !heldBefore ? 'alert.fired' : undefined;
}

/** Whether the same request would be refused again. */
function isLasting(error: unknown): boolean {
  return error instanceof AppError && error.status < 500 && error.status !== 429;
}
