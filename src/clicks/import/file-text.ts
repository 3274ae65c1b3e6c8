import { isUtf8 } from 'node:buffer';
import { replaceInvalid } from './formats/request-path.ts';
import { withoutBomAndNul } from './line-prefixes.ts';
import { peek } from './peek.ts';

/** How much of a file is looked at to tell its encoding and format. A header line must fit into it. */
export const SAMPLE_BYTES = 65_536;
/** And how much at most where it begins with blank lines. */
export const MOST_SAMPLE_BYTES = 2 * 1_048_576;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

const BOMS: readonly (readonly [encoding: string, ...bytes: readonly number[]])[] = [
  ['utf-8', 0xef, 0xbb, 0xbf],
  ['utf-16le', 0xff, 0xfe],
  ['utf-16be', 0xfe, 0xff],
];

/**
 * A file's text as UTF-8, without byte order mark, its lines ended by line feeds where they are by carriage returns alone,
 * and without the marks before lines that joining files and crashes leave. What is not UTF-8 stays as it is.
 * @param encoding as `TextDecoder` names it; undefined: what a byte order mark says, else UTF-8
 */
export async function* textBytes(
  stream: AsyncIterable<Buffer>,
  encoding: string | undefined,
): AsyncGenerator<Buffer> {
  const { start, whole } = await peek(stream, SAMPLE_BYTES);
  const [marked, ...bom] = BOMS.find(([, ...bytes]) => bytes.every((byte, at) => start[at] === byte)) ?? [];
  const name = marked ?? encoding ?? 'utf-8';
  const text = name === 'utf-8' ? withoutFirst(whole, bom.length) : transcoded(whole, name);
  const sample = await peek(text, SAMPLE_BYTES);
  const isCarriageReturns = sample.start.includes(CARRIAGE_RETURN) && !sample.start.includes(LINE_FEED);
  yield* withoutBomAndNul(isCarriageReturns ? withLineFeeds(sample.whole) : sample.whole);
}

async function* withoutFirst(stream: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let left = count;
  for await (const piece of stream) {
    const rest = piece.subarray(left);
    left -= piece.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}

async function* transcoded(stream: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const piece of stream) yield Buffer.from(decoder.decode(piece, { stream: true }));
  yield Buffer.from(decoder.decode());
}

async function* withLineFeeds(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of stream) {
    const bytes = Buffer.from(piece);
    for (let at = bytes.indexOf(CARRIAGE_RETURN); at !== -1; at = bytes.indexOf(CARRIAGE_RETURN, at + 1))
      bytes[at] = LINE_FEED;
    yield bytes;
  }
}

/** UTF-8 with `replacement` in the place of each byte that is not. Pieces end at the ends of characters. */
export async function* validUtf8(
  stream: AsyncIterable<Buffer>,
  replacement: (byte: number) => string,
): AsyncGenerator<Buffer> {
  let begun: Buffer = Buffer.alloc(0);
  for await (const piece of stream) {
    const bytes = begun.length === 0 ? piece : Buffer.concat([begun, piece]);
    const end = bytes.length - unfinishedBytes(bytes);
    begun = bytes.subarray(end);
    const whole = bytes.subarray(0, end);
    yield isUtf8(whole) ? whole : replaceInvalid(whole, replacement);
  }
  if (begun.length > 0) yield replaceInvalid(begun, replacement);
}

const MOST_SEQUENCE_BYTES = 4;

/** How many of the last bytes may begin a character that ends in the next piece. */
function unfinishedBytes(bytes: Buffer): number {
  for (let count = 1; count < MOST_SEQUENCE_BYTES && count <= bytes.length; count++) {
    const byte = bytes[bytes.length - count] ?? 0;
    if (byte < 0x80) return 0;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 0;
    if (length > 0) return length > count ? count : 0;
  }
  return 0;
}
