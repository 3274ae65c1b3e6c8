import { type Hash, createHash } from 'node:crypto';
import { timeSlices } from '../../lib/event-loop.ts';
import type { BodyStep } from '../click-body.ts';
import type { ReportBuilder } from './batch-report.ts';
import { type Reading, parserOf, splitterOf } from './reading.ts';
import type { FileRecord } from './records.ts';

/** Consecutive records of a file, and where they stand in it. */
export interface Batch {
  readonly reading: Reading;
  /** The name of the batch before, or `rootOf` for the first. */
  readonly parent: string;
  /** The number of the batch's first line in its file, from 1. */
  readonly firstLine: number;
  /** The records in UTF-8, each ended by a line break. */
  readonly bytes: Buffer;
}

/** What the first batch of a file hangs on: how it is read, since that decides what its lines mean. */
export function rootOf({ format, columns, ...options }: Reading): string {
  const others = Object.keys(options).length === 0 ? [] : [options];
  return createHash('sha256')
    .update(JSON.stringify([format, columns, ...others]))
    .digest('hex');
}

/** A batch's name: a hash over everything in its file up to its end, so that equal beginnings have equal names. */
export function nameOf(parent: string, bytes: Buffer): string {
  return hashAfter(parent).update(bytes).digest('hex');
}

/** The hash that a batch is named by, before its bytes. */
export function hashAfter(parent: string): Hash {
  return createHash('sha256').update(`${parent}\n`);
}

const LINE_BREAK = 0x0a;

/**
 * The clicks of a batch, each under its line number; what is none goes into the report the first time they are gone
 * through. They are read as they are asked for, since most of what that takes is then done with at once.
 */
export function clicksOf(batch: Batch, report: ReportBuilder): Iterable<BodyStep> {
  const { reading, firstLine } = batch;
  const parse = parserOf(reading);
  let isFirst = true;
  return {
    *[Symbol.iterator]() {
      const isReported = isFirst;
      isFirst = false;
      for (const record of recordsOf(batch)) {
        const index = firstLine + record.line - 1;
        const parsed = parse(record.text);
        if (parsed.kind === 'click') yield { index, value: parsed.value };
        else {
          if (isReported && parsed.kind === 'skipped') report.skip(parsed.reason);
          if (isReported && parsed.kind === 'rejected') report.reject(parsed.reason, index);
          yield undefined;
        }
      }
    },
  };
}

/** A batch is made text in pieces of about so many bytes: all at once that would take some ten milliseconds. */
const PIECE_BYTES = 65_536;

function* recordsOf({ reading, bytes }: Batch): Generator<FileRecord> {
  const splitter = splitterOf(reading);
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(LINE_BREAK, start + PIECE_BYTES);
    const end = found === -1 ? bytes.length : found + 1;
    yield* splitter.push(bytes.toString('utf8', start, end));
    start = end;
  }
  yield* splitter.end();
}

const RECORDS_A_LOOK = 256;

/** How many records a batch holds. */
export async function countRecords(batch: Batch): Promise<number> {
  const yieldIfDue = timeSlices(RECORDS_A_LOOK);
  let count = 0;
  for (const _ of recordsOf(batch)) {
    count++;
    const due = yieldIfDue();
    if (due !== undefined) await due;
  }
  return count;
}
