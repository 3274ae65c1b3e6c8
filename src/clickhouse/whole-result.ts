import { extractErrorAtTheEndOfChunk } from '@clickhouse/client';
import { giveBack, shortened } from '../lib/read-buffers.ts';
import { fromClickHouse } from './failures.ts';

/** The header in which ClickHouse names the tag of a failure that it may have to write into the body. */
export const EXCEPTION_TAG_HEADER = 'x-clickhouse-exception-tag';

/**
 * Checks that a result is complete: a failure that ClickHouse writes into the body becomes an error. Settles with the first bytes.
 * @param tag from the header `x-clickhouse-exception-tag`; undefined where there is none
 * @throws AppError or ClickHouseError for a failure before the first byte; while they are read, for one after it
 */
export async function wholeResult(
  bytes: AsyncIterable<Buffer>,
  tag: string | undefined,
): Promise<AsyncIterable<Buffer>> {
  if (tag === undefined) throw new Error('ClickHouse, or a proxy before it, names no exception tag.');
  return begun(untilFailure(bytes, tag));
}

/**
 * The same for a result that ClickHouse has compressed, in which a failure is compressed too. The connection breaks after one, so
 * the last bytes, which could hold it, are passed on only once the result has ended.
 */
export async function wholeArchive(bytes: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer>> {
  return begun(heldBack(bytes));
}

/** More than the last block of a compressed text takes, with a failure in it, which is of at most 16 KiB. */
const HELD_BYTES = 262_144;

async function* heldBack(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const held: Buffer[] = [];
  let size = 0;
  for await (const piece of bytes) {
    held.push(piece);
    size += piece.length;
    for (let first = held[0]; first !== undefined && size - first.length >= HELD_BYTES; first = held[0]) {
      held.shift();
      size -= first.length;
      yield first;
    }
  }
  yield* held;
}

async function begun<Piece>(pieces: AsyncGenerator<Piece>): Promise<AsyncIterable<Piece>> {
  const first = await pieces.next();
  return (async function* () {
    if (first.done === true) return;
    yield first.value;
    yield* pieces;
  })();
}

/**
 * A failure after the head of a response is at the end of the body, after a random tag that no data can contain. None of it is
 * passed on, since it quotes the query.
 */
async function* untilFailure(bytes: AsyncIterable<Buffer>, tag: string): AsyncGenerator<Buffer> {
  const exceptionTag = Buffer.from(`\r\n__exception__\r\n${tag}`);
  let held: Buffer = NOTHING;
  let isFailure = false;
  try {
    for await (const piece of bytes) {
      // CSV lines end with the bytes that the tag begins with. Copying each piece after such an end would cost more than all else.
      if (!isFailure && held.length > 0 && piece.length >= exceptionTag.length) {
        const boundary = Buffer.concat([held, piece.subarray(0, exceptionTag.length)]);
        if (!boundary.includes(exceptionTag)) {
          yield held;
          held = NOTHING;
        }
      }
      const all = held.length === 0 ? piece : Buffer.concat([held, piece]);
      isFailure ||= all.includes(exceptionTag);
      // What may be the beginning of the tag waits for the next piece.
      const length = isFailure ? 0 : all.length - beginningAtEnd(all, exceptionTag);
      // A copy, because whoever gets the rest may give it back.
      held = length === all.length ? NOTHING : Buffer.from(all.subarray(length));
      if (length === 0 || all !== piece) giveBack(piece);
      if (length > 0) yield shortened(all, length);
    }
  } catch (error) {
    // After a failure the connection breaks in any case.
    if (!isFailure) throw error;
  }
  if (isFailure) throw fromClickHouse(extractErrorAtTheEndOfChunk(held, tag));
  if (held.length > 0) yield held;
}

const NOTHING = Buffer.alloc(0);

/** How many bytes at the end are the beginning of the tag. */
function beginningAtEnd(bytes: Buffer, exceptionTag: Buffer): number {
  for (let length = Math.min(bytes.length, exceptionTag.length - 1); length > 0; length--) {
    const from = bytes.length - length;
    if (bytes[from] === exceptionTag[0] && bytes.compare(exceptionTag, 0, length, from) === 0) return length;
  }
  return 0;
}
