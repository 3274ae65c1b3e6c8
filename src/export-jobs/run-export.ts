import { setTimeout as delay } from 'node:timers/promises';
import { ClickHouseError } from '@clickhouse/client';
import { AppError } from '../errors.ts';
import type { FairShare } from '../fair-share/fair-share.ts';
import type { Lease } from '../fair-share/share.ts';
import { yielding } from '../lib/event-loop.ts';
import { giveBack } from '../lib/read-buffers.ts';
import {
  ExportFailure,
  type ExportJob,
  type ExportOrder,
  type ExportTarget,
  type OpenExport,
  type OpenedExport,
  type ReadProgress,
} from './export-job.ts';
import { watchProgress } from './watch-progress.ts';

/** What has become of an export that was written whole. */
export interface ExportOutcome {
  readonly fileName: string;
  readonly contentType: string;
  /** null where they are not counted. */
  readonly rows: number | null;
  readonly bytes: number;
}

export interface ExportRun {
  readonly open: OpenExport;
  /** Where exports have their slots. */
  readonly slots: FairShare;
  readonly ownerId: string;
  /** Where the file goes, whose bytes are about to come. */
  readonly target: (file: OpenedExport) => Promise<ExportTarget>;
  readonly signal: AbortSignal;
  /** Called with the bytes so far, and with how much of all is done. */
  readonly onProgress?: (progress: Partial<Pick<ExportJob, 'bytes' | 'progress'>>) => void;
}

/** The target gets bytes in pieces of this size at least. */
const PIECE_BYTES = 262_144;

/** A source that gives nothing for so long is given up. */
const STALL_MS = 3_600_000;

/** Between two attempts at a slot: the first has already waited in the queue. */
const SLOT_PAUSE_MS = 1_000;

/**
 * Carries out an order: waits for a slot among the exports, and writes the whole file or nothing.
 * @throws ExportFailure or AppError with a sentence for the owner; the signal's reason
 */
export async function runExport(order: ExportOrder, run: ExportRun): Promise<ExportOutcome> {
  const { open, slots, ownerId, target, signal, onProgress = () => {} } = run;
  const slot = await slotOf(slots, ownerId, signal);
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  signal.addEventListener('abort', stop, { once: true });
  const watched = new AbortController();
  const watch = (read: ReadProgress): void =>
    void watchProgress(read, watched.signal, (progress) => onProgress({ progress }));
  try {
    signal.throwIfAborted();
    const file = await open(order, ownerId, stopped, watch);
    try {
      const into = await target(file);
      try {
        let bytes = 0;
        for await (const piece of gathered(unlessStalled(file.bytes, stop))) {
          signal.throwIfAborted();
          await into.write(piece);
          onProgress({ bytes: (bytes += piece.length) });
        }
        signal.throwIfAborted();
        await into.commit();
        const { fileName, contentType } = file;
        // What cannot be counted is a whole file all the same.
        const rows = (await file.rows().catch(() => undefined)) ?? null;
        return { fileName, contentType, rows, bytes };
      } catch (error) {
        // What cannot be taken back now is when the job is tried again, or at the next start.
        await into.discard().catch(() => {});
        throw error;
      }
    } finally {
      stop();
      await file.ended();
    }
  } finally {
    watched.abort();
    signal.removeEventListener('abort', stop);
    slot.release();
  }
}

/** Whether an export that failed so can succeed when it is tried again. */
export function isWorthRetrying(error: unknown): boolean {
  // ClickHouse refuses the query itself.
  if (error instanceof ExportFailure || error instanceof ClickHouseError) return false;
  return !(error instanceof AppError) || error.code === 'unavailable';
}

/** What the owner is told of a failure. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ExportFailure || error instanceof AppError) return error.message;
  return 'The export was cut off, or something went wrong on our side.';
}

/** Waits for a slot for as long as it takes. */
async function slotOf(slots: FairShare, ownerId: string, signal: AbortSignal): Promise<Lease> {
  for (;;) {
    try {
      return await slots.acquire({ kind: 'owner', name: ownerId }, { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError)) throw error;
      await delay(SLOT_PAUSE_MS, undefined, { signal });
    }
  }
}

async function* unlessStalled(
  pieces: AsyncIterable<Buffer | string>,
  stop: () => void,
): AsyncGenerator<Buffer | string> {
  const timer = setTimeout(stop, STALL_MS);
  try {
    for await (const piece of yielding(pieces)) {
      timer.refresh();
      yield piece;
    }
  } finally {
    clearTimeout(timer);
  }
}

async function* gathered(pieces: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
  let some: Buffer[] = [];
  let size = 0;
  for await (const piece of pieces) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    some.push(bytes);
    size += bytes.length;
    if (size < PIECE_BYTES) continue;
    const whole = Buffer.concat(some, size);
    some.forEach(giveBack);
    yield whole;
    some = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(some, size);
}
