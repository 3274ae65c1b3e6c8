import { randomUUID } from 'node:crypto';
import type { Room } from '../../fair-share/room.ts';
import { ingest } from '../ingest.ts';
import { type Batch, clicksOf } from './batch.ts';
import { ReportBuilder } from './batch-report.ts';
import type { FileRecords } from './file-records.ts';
import type { ImportReport } from './import-report.ts';
import { type EarlierRecords, type StoreBatch, runImport } from './import-run.ts';
import { type ImportTarget, type ImporterParts, MissingClicks } from './missing-clicks.ts';

export interface ImportSurroundings {
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Waits until there is room on the heap for the clicks of a batch, and runs `work` with it. */
  readonly inRoom: <T>(bytes: number, work: (room: Room) => Promise<T>) => Promise<T>;
  /** Called with the report so far. */
  readonly onProgress: (report: ImportReport) => void;
  /** Of a file that is imported in parts: the parts before. */
  readonly earlier?: EarlierRecords | undefined;
}

/** Imports files, and adds the clicks that are not stored yet. */
export class Importer {
  readonly #parts: ImporterParts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: ImporterParts) {
    this.#parts = parts;
  }

  /**
   * Imports the records of a file.
   * @throws AppError `unavailable` when ClickHouse is; what was stored until then is not added again by the next import
   */
  async import(
    records: FileRecords,
    options: ImportTarget,
    { now, inRoom, onProgress, earlier }: ImportSurroundings,
  ): Promise<ImportReport> {
    const store: StoreBatch = (batch, count) =>
      inRoom(sizeOf(batch), (room) => this.#store(batch, count, { ...options, now: now(), room }));
    return runImport(records, store, onProgress, undefined, earlier);
  }

  async #store(
    batch: Batch,
    count: Parameters<StoreBatch>[1],
    options: ImportTarget & { readonly now: number; readonly room: Room },
  ): Promise<ImportReport> {
    const report = new ReportBuilder();
    const { id: importId, now, room } = options;
    const selection = new MissingClicks(this.#parts, {
      ...options,
      report,
      count,
      alone: (work) => this.#alone(work),
      write: (rows) =>
        this.#parts.context.writer.write(rows, {
          name: `import:${randomUUID()}`,
          isRetry: false,
          importId,
        }),
    });
    const clicks = clicksOf(batch, report, (index, time) => selection.pass(index, time));
    await ingest(this.#parts.context, clicks, {
      ownerId: options.ownerId,
      isAdmin: true,
      receivedAt: now,
      selection,
      findings: {
        reject: ({ index, field, error }) => report.reject(`${field} ${error}`, index),
        warn: ({ index, field, warning }) => report.warn(`${field} ${warning}`, index),
      },
      room,
    });
    return report.build();
  }

  /** One after another: two that looked up the same click at once would both add it. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

function sizeOf({ pieces }: Batch): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
