import type { BodyStep } from '../click-body.ts';
import type { ReportBuilder } from './batch-report.ts';
import { REPEATED_HEADER } from './lines.ts';
import { type Reading, parserOf, splitterOf } from './reading.ts';
import type { FileRecord } from './records.ts';

/** Consecutive records of a file, and their place in it. */
export interface RecordBatch {
  readonly reading: Reading;
  /** The number of the batch's first line in its file, from 1. */
  readonly firstLine: number;
  /** The records in UTF-8, each ended by a line break; a piece holds whole records. */
  readonly pieces: readonly Uint8Array[];
}

const LINE_BREAK = 0x0a;

/**
 * The clicks of a batch, each under its line number; what is none goes into the report the first time they are gone
 * through. They are read as they are asked for, since most of what that takes is then done with at once.
 * @param pass called for each record that is no click, with its line number and its time as a click says it, where that can be read
 */
export function clicksOf(
  batch: RecordBatch,
  report: ReportBuilder,
  pass: (index: number, time: unknown) => void,
): Iterable<BodyStep> {
  const { reading, firstLine } = batch;
  const parse = parserOf(reading);
  let isFirst = true;
  return {
    *[Symbol.iterator]() {
      const isReported = isFirst;
      isFirst = false;
      for (const records of recordsOf(batch)) {
        for (const record of records) {
          if (record.text.startsWith(REPEATED_HEADER)) {
            yield undefined;
            continue;
          }
          const index = firstLine + record.line - 1;
          const parsed = parse(record.text);
          if (isReported) report.read();
          if (parsed.kind === 'click') yield { index, value: parsed.value };
          else {
            if (isReported && parsed.kind === 'skipped') {
              report.skip(parsed.reason);
              pass(index, parsed.time);
            }
            if (isReported && parsed.kind === 'rejected') {
              report.reject(parsed.reason, index);
              pass(index, undefined);
            }
            yield undefined;
          }
        }
      }
    },
  };
}

/** Bytes are made text in portions of about so many: all at once that would take some ten milliseconds. */
const PORTION_BYTES = 65_536;

function* recordsOf({ reading, pieces }: RecordBatch): Generator<Iterable<FileRecord>> {
  const splitter = splitterOf(reading);
  for (const { buffer, byteOffset, byteLength } of pieces) {
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    for (let start = 0; start < bytes.length;) {
      const found = bytes.indexOf(LINE_BREAK, start + PORTION_BYTES);
      const end = found === -1 ? bytes.length : found + 1;
      yield splitter.push(bytes.toString('utf8', start, end));
      start = end;
    }
  }
  yield splitter.end();
}
