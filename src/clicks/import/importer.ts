import type { Room } from '../../fair-share/room.ts';
import { SerialWork } from '../../lib/serial-work.ts';
import type { IngestThreads } from '../threads/ingest-threads.ts';
import type { RecordBatch } from './record-batch.ts';
import type { FileRecords } from './file-records.ts';
import type { ImportReport } from './import-report.ts';
import { ImportStream } from './import-stream.ts';
import { type EarlierRecords, type StoreBatch, runImport } from './import-run.ts';
import type { ImportTarget, ImporterParts } from './missing-clicks.ts';
import type { LockImport } from './import-lock.ts';
import { storeBatch } from './store-batch.ts';

export interface ImportSurroundings {
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Waits until there is room on the heap for the clicks of a batch, and runs `work` with it. */
  readonly inRoom: <T>(bytes: number, work: (room: Room) => Promise<T>) => Promise<T>;
  /** Called before anything is stored. @throws AppError where nothing may be any more */
  readonly mayStore: () => Promise<void>;
  /** Called with the report so far. */
  readonly onProgress: (report: ImportReport) => void;
  /** Of a file that is imported in parts: the parts before. */
  readonly earlier?: EarlierRecords | undefined;
}

/** Imports files, and adds the clicks that are not stored yet. */
export class Importer {
  readonly #parts: ImporterParts;
  readonly #threads: Pick<IngestThreads, 'isFor' | 'storeBatch'>;
  readonly #lock: LockImport;
  readonly #byOwner = new SerialWork();
  readonly #all = new SerialWork();

  constructor(parts: ImporterParts, threads: Pick<IngestThreads, 'isFor' | 'storeBatch'>, lock: LockImport) {
    this.#parts = parts;
    this.#threads = threads;
    this.#lock = lock;
  }

  /**
   * Imports the records of a file.
   * @throws AppError `unavailable` when ClickHouse is; what was stored until then is not added again by the next import
   */
  async import(
    records: FileRecords,
    target: ImportTarget,
    { now, inRoom, mayStore, onProgress, earlier }: ImportSurroundings,
  ): Promise<ImportReport> {
    const store: StoreBatch = (batch, count) => {
      const bytes = sizeOf(batch);
      const request = { batch, target, now: now() };
      let check = (): void => {};
      const surroundings = {
        count,
        alone: (work: () => Promise<void>): Promise<void> =>
          this.#alone(target, async (checkLock) => {
            check = checkLock;
            await work();
          }),
        mayStore: async (): Promise<void> => {
          await mayStore();
          check();
        },
      };
      return inRoom(bytes, (room) =>
        this.#threads.isFor(bytes)
          ? this.#threads.storeBatch(request, { room, ...surroundings })
          : storeBatch(this.#parts, request, { room, ...surroundings }),
      );
    };
    const before = target.isDryRun ? { stream: new ImportStream(true), lines: 0 } : earlier;
    return runImport(records, store, onProgress, undefined, before);
  }

  /** One after another: two that looked up the same click at once would both add it. */
  async #alone<T>(target: ImportTarget, work: (checkLock: () => void) => Promise<T>): Promise<T> {
    if (target.isDryRun) return work(() => {});
    // The lock is taken before the turn among all owners, so waiting for another process holds up only who shares the lock.
    return this.#byOwner.run(target.ownerId, () =>
      this.#lock(target, (check) => this.#all.run('', () => work(check))),
    );
  }
}

function sizeOf({ pieces }: RecordBatch): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
