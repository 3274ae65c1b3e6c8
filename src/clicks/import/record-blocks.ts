import { LONGEST_LINE, TOO_LONG } from './lines.ts';
import { type FileRecord, RecordSplitter } from './records.ts';

/** Complete records of a file, one after the other: UTF-8, each ended by a single line feed. */
export interface RecordBlock {
  readonly bytes: Buffer;
  /** The end of each record, after its line feed. */
  readonly ends: readonly number[];
  /** How many of the last records may still change if the file grows. */
  readonly growing: number;
}

export const LINE_BREAK = 10;
const TOO_LONG_LINE = Buffer.from(`${TOO_LONG}\n`);

/**
 * Splits a stream of UTF-8 into records. A block holds the records that one chunk completes.
 * @param isQuoted whether a line break inside quotes belongs to the record
 * @param delimiter what separates the cells of a record
 */
export function recordBlocks(
  stream: AsyncIterable<Buffer>,
  isQuoted: boolean,
  delimiter?: string,
): AsyncGenerator<RecordBlock> {
  return isQuoted ? quotedBlocks(stream, delimiter) : lineBlocks(stream);
}

/** Lines stay bytes: decoding text that is only passed on would cost time. */
async function* lineBlocks(stream: AsyncIterable<Buffer>): AsyncGenerator<RecordBlock> {
  let rest: Buffer[] = [];
  let length = 0;
  for await (const piece of stream) {
    const end = piece.lastIndexOf(LINE_BREAK) + 1;
    if (end > 0) {
      const lines = Buffer.concat([...rest, piece.subarray(0, end)]);
      yield lineBlock(lines, 0);
      rest = [];
      length = 0;
    }
    // The rest of a line that is already too long is not needed.
    if (length > LONGEST_LINE) continue;
    rest.push(piece.subarray(end));
    length += piece.length - end;
  }
  const last = Buffer.concat(rest);
  if (last.length > 0) yield lineBlock(Buffer.concat([last, Buffer.from('\n')]), 1);
}

function lineBlock(lines: Buffer, growing: number): RecordBlock {
  const bytes = normalised(lines);
  const ends = lineEnds(bytes);
  const hasLong =
    bytes.length > LONGEST_LINE && ends.some((end, place) => isTooLong(ends[place - 1] ?? 0, end));
  if (!hasLong) return { bytes, ends, growing };
  const short = withoutLongLines(bytes, ends);
  return { bytes: short, ends: lineEnds(short), growing };
}

/** The end of each line, after its line feed. */
function lineEnds(bytes: Buffer): readonly number[] {
  const ends: number[] = [];
  for (let at = bytes.indexOf(LINE_BREAK); at !== -1; at = bytes.indexOf(LINE_BREAK, at + 1))
    ends.push(at + 1);
  return ends;
}

/** @param end after its line feed */
function isTooLong(start: number, end: number): boolean {
  return end - start > LONGEST_LINE + 1;
}

/** Replaces each line that is too long by `TOO_LONG`. */
function withoutLongLines(bytes: Buffer, ends: readonly number[]): Buffer {
  const lines = ends.map((end, place) => {
    const start = ends[place - 1] ?? 0;
    return isTooLong(start, end) ? TOO_LONG_LINE : bytes.subarray(start, end);
  });
  return Buffer.concat(lines);
}

/** Turns CR LF into LF, so that both give the same file. */
function normalised(lines: Buffer): Buffer {
  if (!lines.includes('\r')) return lines;
  return Buffer.from(lines.toString('utf8').replaceAll('\r\n', '\n'));
}

async function* quotedBlocks(
  stream: AsyncIterable<Buffer>,
  delimiter: string | undefined,
): AsyncGenerator<RecordBlock> {
  const splitter = new RecordSplitter(true, delimiter);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const piece of stream)
    yield textBlock([...splitter.push(decoder.decode(piece, { stream: true }))]);
  yield textBlock([...splitter.push(decoder.decode())]);
  yield textBlock([...splitter.end()]);
}

function textBlock(records: readonly FileRecord[]): RecordBlock {
  const pieces = records.map(({ text }) => Buffer.from(`${text}\n`));
  let end = 0;
  const ends = pieces.map(({ length }) => (end += length));
  const growing = records.filter(({ isComplete }) => !isComplete).length;
  return { bytes: Buffer.concat(pieces), ends, growing };
}
