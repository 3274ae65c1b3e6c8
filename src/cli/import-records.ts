import { isUtf8 } from 'node:buffer';
import { Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { LONGEST_LINE, TOO_LONG } from '../clicks/import/lines.ts';
import { type FileRecord, RecordSplitter } from '../clicks/import/records.ts';
import { CommandError } from './command-error.ts';

/** Complete records of a file, one after the other: UTF-8, each ended by a single line feed. */
export interface RecordBlock {
  readonly bytes: Buffer;
  /** The end of each record, after its line feed. */
  readonly ends: readonly number[];
  /** How many of the last records may still change if the file grows. */
  readonly growing: number;
}

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const GUNZIP_BYTES = 1 << 18;
export const LINE_BREAK = 10;
const TOO_LONG_LINE = Buffer.from(`${TOO_LONG}\n`);

/**
 * Splits a stream of bytes into records, decompressing it if it is gzip. A block holds the records that one chunk completes.
 * @param isQuoted whether a line break inside quotes belongs to the record
 * @param onBytes called with the number of bytes read so far, before decompression
 */
export function recordBlocks(
  stream: AsyncIterable<Buffer>,
  isQuoted: boolean,
  onBytes: (bytes: number) => void,
): AsyncGenerator<RecordBlock> {
  const bytes = decompressed(counted(stream, onBytes));
  return isQuoted ? quotedBlocks(bytes) : lineBlocks(bytes);
}

/** Lines stay bytes: decoding text that is only passed on would cost time. */
async function* lineBlocks(stream: AsyncIterable<Buffer>): AsyncGenerator<RecordBlock> {
  let rest: Buffer[] = [];
  let length = 0;
  let isFirst = true;
  for await (const piece of stream) {
    const end = piece.lastIndexOf(LINE_BREAK) + 1;
    if (end > 0) {
      const lines = Buffer.concat([...rest, piece.subarray(0, end)]);
      yield lineBlock(isFirst ? withoutBom(lines) : lines, 0);
      rest = [];
      length = 0;
      isFirst = false;
    }
    // The rest of a line that is already too long is not needed.
    if (length > LONGEST_LINE) continue;
    rest.push(piece.subarray(end));
    length += piece.length - end;
  }
  const last = Buffer.concat(rest);
  const lines = isFirst ? withoutBom(last) : last;
  if (lines.length > 0) yield lineBlock(Buffer.concat([lines, Buffer.from('\n')]), 1);
}

function lineBlock(lines: Buffer, growing: number): RecordBlock {
  const bytes = withoutLongLines(normalised(lines));
  return { bytes, ends: [...lineEnds(bytes)], growing };
}

/** The end of each line, after its line feed. */
function* lineEnds(bytes: Buffer): Generator<number> {
  for (let at = bytes.indexOf(LINE_BREAK); at !== -1; at = bytes.indexOf(LINE_BREAK, at + 1)) yield at + 1;
}

/** Replaces each line that is too long by `TOO_LONG`. */
function withoutLongLines(bytes: Buffer): Buffer {
  if (bytes.length <= LONGEST_LINE) return bytes;
  const lines: Buffer[] = [];
  let start = 0;
  for (const end of lineEnds(bytes)) {
    lines.push(end - start > LONGEST_LINE + 1 ? TOO_LONG_LINE : bytes.subarray(start, end));
    start = end;
  }
  return lines.includes(TOO_LONG_LINE) ? Buffer.concat(lines) : bytes;
}

/** Removes a byte order mark, which some programs write at the start of a file. */
function withoutBom(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** Turns CR LF into LF, so that both give the same file, and invalid UTF-8 into U+FFFD. */
function normalised(lines: Buffer): Buffer {
  if (isUtf8(lines) && !lines.includes('\r')) return lines;
  return Buffer.from(lines.toString('utf8').replaceAll('\r\n', '\n'));
}

async function* quotedBlocks(stream: AsyncIterable<Buffer>): AsyncGenerator<RecordBlock> {
  const splitter = new RecordSplitter(true);
  const decoder = new TextDecoder();
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

async function* counted(
  stream: AsyncIterable<Buffer>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    onBytes(bytes);
    yield chunk;
  }
}

/** Decompresses gzip, recognised by its first two bytes whatever the file's name is. */
async function* decompressed(stream: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let start: Buffer = Buffer.alloc(0);
  while (start.length < GZIP_MAGIC.length) {
    const next = await stream.next();
    if (next.done === true) break;
    start = Buffer.concat([start, next.value]);
  }
  async function* whole(): AsyncGenerator<Buffer> {
    yield start;
    yield* stream;
  }
  if (!start.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC)) return yield* whole();
  // The pipeline's error also reaches the loop below, which handles it.
  const unzipped = pipeline(Readable.from(whole()), createGunzip({ chunkSize: GUNZIP_BYTES }), () => {});
  try {
    for await (const chunk of unzipped) if (Buffer.isBuffer(chunk)) yield chunk;
  } catch (cause) {
    throw new CommandError('The gzip data is damaged or truncated.', { cause });
  }
}
