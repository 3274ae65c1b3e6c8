import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../errors.ts';
import type { RecordBatch } from './record-batch.ts';
import type { FileRecords } from './file-records.ts';
import { type ImportReport, emptyReport, mergeReports } from './import-report.ts';
import { ImportStream, type Repeats } from './import-stream.ts';
import { PendingRecords } from './pending-records.ts';
import { formatOf } from './reading.ts';
import type { RecordBlock } from './record-blocks.ts';
import type { LineList } from './timed-lines.ts';

/**
 * Stores the clicks of a batch that are missing. It may be called again after it failed.
 * @param count counts the batch's lines among those of its file, once the batch before is stored
 */
export type StoreBatch = (
  batch: RecordBatch,
  count: (lines: LineList) => Promise<Repeats>,
) => Promise<ImportReport>;

/** How much goes into a batch. */
export interface BatchSizes {
  readonly firstRecords: number;
  readonly records: number;
  readonly bytes: number;
}

/** What an import continues: records of the same file that came before. */
export interface EarlierRecords {
  readonly stream: ImportStream;
  readonly lines: number;
}

/** Fewer records in the first, so that storing begins early. */
const SIZES: BatchSizes = { firstRecords: 20_000, records: 60_000, bytes: 16 * 1_048_576 };

/** While ClickHouse inserts one batch, the next is parsed. */
const MAX_UNDER_WAY = 2;

/** Attempts in all while ClickHouse is unreachable. */
const MAX_ATTEMPTS = 5;
const PAUSE_MS = 1_000;

/**
 * Imports a file's records batch by batch; memory holds only a few batches, whatever the file's size.
 * @param onProgress called with the report so far
 * @param earlier counts on from there, and has counted these records too when the import ends
 * @throws AppError; what was stored until then stays, and the same file adds the rest
 */
export async function runImport(
  { reading, blocks, headerRecords }: Pick<FileRecords, 'reading' | 'blocks' | 'headerRecords'>,
  store: StoreBatch,
  onProgress: (report: ImportReport) => void,
  sizes: BatchSizes = SIZES,
  earlier: EarlierRecords = { stream: new ImportStream(), lines: 0 },
): Promise<ImportReport> {
  const run = new ImportRun(reading, store, onProgress, sizes, earlier);
  let skipped = headerRecords;
  try {
    for await (const block of blocks) {
      const header = Math.min(skipped, block.ends.length);
      await run.add(block, header);
      skipped -= header;
    }
    await run.finish();
    return run.report;
  } finally {
    await run.ended();
  }
}

/** Groups records into batches, and has them stored. */
class ImportRun {
  report: ImportReport = emptyReport();
  readonly #reading: FileRecords['reading'];
  readonly #store: StoreBatch;
  readonly #onProgress: (report: ImportReport) => void;
  readonly #sizes: BatchSizes;
  readonly #stream: ImportStream;
  readonly #pending = new PendingRecords();
  readonly #underWay: Promise<void>[] = [];
  /** Settles once the batch that was begun last is stored. */
  #last: Promise<unknown> = Promise.resolve();
  #isFirst = true;
  #hasFailed = false;

  constructor(
    reading: FileRecords['reading'],
    store: StoreBatch,
    onProgress: (report: ImportReport) => void,
    sizes: BatchSizes,
    { stream, lines }: EarlierRecords,
  ) {
    this.#reading = reading;
    this.#store = store;
    this.#onProgress = onProgress;
    this.#sizes = sizes;
    this.#stream = stream;
    this.#pending.firstLine += lines;
  }

  /** @param skipped how many of its first records are not clicks */
  async add(block: RecordBlock, skipped: number): Promise<void> {
    const pending = this.#pending;
    pending.add(block);
    if (skipped > 0) pending.take(skipped);
    // The last record stays behind: it may be one that is not finished.
    while (pending.count > this.#maxRecords() || (pending.bytes >= this.#sizes.bytes && pending.count > 1))
      await this.#begin(Math.min(pending.count - 1, this.#maxRecords()));
  }

  async finish(): Promise<void> {
    const { count, growing } = this.#pending;
    // A server is still writing it.
    const left = formatOf(this.#reading).kind === 'log' ? growing : 0;
    if (count > left) await this.#begin(count - left);
    while (this.#underWay.length > 0) await this.#underWay.shift();
    this.report = { ...this.report, unfinished: left };
  }

  /** Settles when nothing is stored any more. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  #maxRecords(): number {
    return this.#isFirst ? this.#sizes.firstRecords : this.#sizes.records;
  }

  async #begin(count: number): Promise<void> {
    this.#isFirst = false;
    const firstLine = this.#pending.firstLine;
    const batch = { reading: this.#reading, firstLine, pieces: this.#pending.take(count) };
    while (this.#underWay.length >= MAX_UNDER_WAY) await this.#underWay.shift();
    const stored = this.#stored(batch, this.#last);
    this.#last = stored;
    // Its failure is handled where it is awaited later.
    stored.catch(() => {});
    this.#underWay.push(stored);
  }

  async #stored(batch: RecordBatch, before: Promise<unknown>): Promise<void> {
    let repeats: Promise<Repeats> | undefined;
    const count = async (lines: LineList): Promise<Repeats> => {
      // The number of equal lines before a line decides whether it is stored, which requires that those are stored.
      await before;
      // Lines count once, also where the batch is stored again.
      return (repeats ??= this.#stream.count(lines));
    };
    const report = await this.#retried(() => this.#store(batch, count));
    this.report = mergeReports(this.report, report);
    this.#onProgress(this.report);
  }

  async #retried<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        const isPassing = error instanceof AppError && error.code === 'unavailable';
        // A batch after one that failed will never be stored.
        this.#hasFailed ||= !isPassing || attempt === MAX_ATTEMPTS;
        if (this.#hasFailed) throw error;
        await delay(PAUSE_MS);
      }
    }
  }
}
