import { isUtf8 } from 'node:buffer';
import { Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { LONGEST_LINE, TOO_LONG } from '../clicks/import/lines.ts';
import { type FileRecord, RecordSplitter } from '../clicks/import/records.ts';
import { CommandError } from './error-messages.ts';

/** Whole records of a file, one behind the other: UTF-8, each ended by a single line break. */
export interface RecordBlock {
  readonly bytes: Buffer;
  /** Where each of them ends, behind its line break. */
  readonly ends: readonly number[];
  /** How many of the last ones may read otherwise once the file has grown. */
  readonly growing: number;
}

const GZIP_MARK = Buffer.from([0x1f, 0x8b]);
const GUNZIP_BYTES = 1 << 18;
export const LINE_BREAK = 10;
const TOO_LONG_LINE = Buffer.from(`${TOO_LONG}\n`);

/**
 * The records of a stream of bytes, unpacked when it is gzip; those that a piece completes come together.
 * @param isQuoted a line break inside quotes belongs to the record
 * @param onBytes told how many bytes of the stream, as it is, are read
 */
export function recordBlocks(
  stream: AsyncIterable<Buffer>,
  isQuoted: boolean,
  onBytes: (bytes: number) => void,
): AsyncGenerator<RecordBlock> {
  const bytes = unpacked(counted(stream, onBytes));
  return isQuoted ? quotedBlocks(bytes) : lineBlocks(bytes);
}

/** Lines stay the bytes they are: text that is only passed on need not be made of them. */
async function* lineBlocks(stream: AsyncIterable<Buffer>): AsyncGenerator<RecordBlock> {
  let rest: Buffer[] = [];
  let length = 0;
  let isFirst = true;
  for await (const piece of stream) {
    const end = piece.lastIndexOf(LINE_BREAK) + 1;
    if (end > 0) {
      const lines = Buffer.concat([...rest, piece.subarray(0, end)]);
      yield lineBlock(isFirst ? withoutMark(lines) : lines, 0);
      rest = [];
      length = 0;
      isFirst = false;
    }
    // Of a line that is too long already only its end is of use.
    if (length > LONGEST_LINE) continue;
    rest.push(piece.subarray(end));
    length += piece.length - end;
  }
  const last = Buffer.concat(rest);
  const lines = isFirst ? withoutMark(last) : last;
  if (lines.length > 0) yield lineBlock(Buffer.concat([lines, Buffer.from('\n')]), 1);
}

function lineBlock(lines: Buffer, growing: number): RecordBlock {
  const bytes = withoutLongLines(plain(lines));
  return { bytes, ends: [...lineEnds(bytes)], growing };
}

/** Where each line ends, behind its line break. */
function* lineEnds(bytes: Buffer): Generator<number> {
  for (let at = bytes.indexOf(LINE_BREAK); at !== -1; at = bytes.indexOf(LINE_BREAK, at + 1)) yield at + 1;
}

/** With `TOO_LONG` in the place of each line that is. */
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

/** Some programs put a byte order mark before a text. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** A file is the same whether its lines end in CR LF or LF, and has no bytes that are no UTF-8. */
function plain(lines: Buffer): Buffer {
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

/** Gzip is known by its first two bytes, whatever the file is called. */
async function* unpacked(stream: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let start: Buffer = Buffer.alloc(0);
  while (start.length < GZIP_MARK.length) {
    const next = await stream.next();
    if (next.done === true) break;
    start = Buffer.concat([start, next.value]);
  }
  async function* whole(): AsyncGenerator<Buffer> {
    yield start;
    yield* stream;
  }
  if (!start.subarray(0, GZIP_MARK.length).equals(GZIP_MARK)) return yield* whole();
  // The pipeline's own error is that of the unpacked side, which the loop below meets.
  const unzipped = pipeline(Readable.from(whole()), createGunzip({ chunkSize: GUNZIP_BYTES }), () => {});
  try {
    for await (const chunk of unzipped) if (Buffer.isBuffer(chunk)) yield chunk;
  } catch (cause) {
    throw new CommandError('The gzip data is damaged or cut off.', { cause });
  }
}
