import { randomUUID } from 'node:crypto';
import type { Room } from '../../fair-share/room.ts';
import { ingest } from '../ingest.ts';
import { type Batch, clicksOf } from './batch.ts';
import { type BatchReport, ReportBuilder } from './batch-report.ts';
import { ImportStreams } from './import-stream.ts';
import { type ImporterParts, MissingClicks } from './missing-clicks.ts';

/** A batch's place among those of one file or standard input. */
export interface StreamPlace {
  readonly stream: string;
  /** From 0. */
  readonly sequence: number;
  readonly isLast: boolean;
}

export interface ImportOptions {
  /** Owner of the URLs that these clicks are the first of. */
  readonly ownerId: string;
  /** Also clicks for URLs of other owners. */
  readonly isAnyOwner: boolean;
  /** Every line is added, whatever is stored. */
  readonly areDuplicatesAllowed: boolean;
  /** Only clicks of URLs that are registered. */
  readonly areCodesKnown: boolean;
  /** The report alone: nothing is stored. */
  readonly isDryRun: boolean;
  /** Unix milliseconds. */
  readonly now: number;
  /** Where the clicks in memory are counted. */
  readonly room: Room;
}

/** Imports files batch by batch, and adds the clicks that are not stored yet. */
export class Importer {
  readonly #parts: ImporterParts;
  readonly #streams = new ImportStreams();
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: ImporterParts) {
    this.#parts = parts;
  }

  /**
   * Imports a batch. It can be sent again after it failed; what of it was stored is not added again.
   * @throws AppError `unavailable` when ClickHouse is, or the batch before this one does not come; `conflict` for a
   *   batch that is stored already
   */
  async import(batch: Batch, place: StreamPlace, options: ImportOptions): Promise<BatchReport> {
    const stream = this.#streams.find(place.stream);
    stream.begin(place.sequence);
    let isStored = false;
    try {
      const report = new ReportBuilder();
      const selection = new MissingClicks(this.#parts, {
        ...options,
        report,
        count: (lines) => stream.count(place.sequence, lines),
        alone: (work) => this.#alone(work),
        write: (rows) =>
          this.#parts.context.writer.write(rows, { name: `import:${randomUUID()}`, isRetry: false }),
      });
      const clicks = clicksOf(batch, report, (index, time) => selection.pass(index, time));
      await ingest(this.#parts.context, clicks, {
        ownerId: options.ownerId,
        isAdmin: true,
        receivedAt: options.now,
        selection,
        findings: {
          reject: ({ index, field, error }) => report.reject(`${field} ${error}`, index),
          warn: ({ index, field, warning }) => report.warn(`${field} ${warning}`, index),
        },
        room: options.room,
      });
      isStored = true;
      return report.build();
    } finally {
      const isDone = stream.end(place.sequence, { isStored, isLast: place.isLast });
      if (isDone) this.#streams.close(place.stream);
    }
  }

  /** One after another: two that looked up the same click at once would both add it. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}
