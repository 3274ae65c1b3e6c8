import { randomUUID } from 'node:crypto';
import { ingest } from '../ingest.ts';
import type { IngestOptions } from '../ingest-options.ts';
import { type RecordBatch, clicksOf } from './record-batch.ts';
import { ReportBuilder } from './batch-report.ts';
import type { ImportReport } from './import-report.ts';
import {
  type ImportTarget,
  type ImporterParts,
  MissingClicks,
  type MissingClicksOptions,
} from './missing-clicks.ts';

/** A batch to store, as plain data. */
export interface BatchRequest {
  readonly batch: RecordBatch;
  readonly target: ImportTarget;
  /** The time of clicks that name none, Unix milliseconds. */
  readonly now: number;
}

/**
 * Stores the clicks of a batch that are missing.
 * @throws AppError `unavailable` when ClickHouse is
 */
export async function storeBatch(
  parts: ImporterParts,
  { batch, target, now }: BatchRequest,
  {
    room,
    count,
    alone,
    mayStore,
  }: Pick<IngestOptions, 'room'> & Pick<MissingClicksOptions, 'count' | 'alone' | 'mayStore'>,
): Promise<ImportReport> {
  const report = new ReportBuilder();
  const selection = new MissingClicks(parts, {
    ...target,
    room,
    report,
    count,
    alone,
    mayStore,
    write: (rows) =>
      parts.context.writer.write(rows, {
        name: `import:${randomUUID()}`,
        isRetry: false,
        importId: target.id,
      }),
  });
  const clicks = clicksOf(batch, report, (index, time) => selection.pass(index, time));
  await ingest(parts.context, clicks, {
    ownerId: target.ownerId,
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
