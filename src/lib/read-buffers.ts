/** Bytes that one read of a socket takes at most: the larger, the fewer steps a stream of any length takes. */
const READ_BYTES = 262_144;
/** Buffers that wait for a further read. */
const MOST_KEPT = 16;
/** A read that has filled less of its buffer is copied: whoever keeps its pieces would keep all of the buffer. */
const WORTH_LENDING = 1 / 8;

interface ReadBuffer {
  readonly whole: Buffer;
  /** Pieces of it that have not been given back. */
  lent: number;
}

const kept: Buffer[] = [];
const lenders = new WeakMap<Buffer, ReadBuffer>();

/** Memory to read into: some that was given back, else new. */
export function takeReadBuffer(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES);
}

/**
 * Hands out parts of what a read has put at the start of a buffer, which is read into again once all of them have been given back.
 * @param bytes how many it has put there
 */
export function lendPieces(
  whole: Buffer,
  bytes: number,
  parts: readonly (readonly [start: number, end: number])[],
): readonly Buffer[] {
  if (bytes < whole.length * WORTH_LENDING) {
    const copies = parts.map(([start, end]) => Buffer.from(whole.subarray(start, end)));
    keep(whole);
    return copies;
  }
  const buffer: ReadBuffer = { whole, lent: parts.length };
  if (parts.length === 0) keep(whole);
  return parts.map(([start, end]) => {
    const piece = whole.subarray(start, end);
    lenders.set(piece, buffer);
    return piece;
  });
}

/**
 * Gives a piece back, which nobody may look at any more. What is no piece is left alone, and a piece that nobody gives back is
 * collected as any other object, so only whoever passes on many bytes has to care.
 */
export function giveBack(piece: Buffer | string): void {
  if (typeof piece === 'string') return;
  const buffer = lenders.get(piece);
  if (buffer === undefined) return;
  lenders.delete(piece);
  buffer.lent--;
  if (buffer.lent === 0) keep(buffer.whole);
}

/** The beginning of a piece, to be given back in its place. */
export function shortened(piece: Buffer, length: number): Buffer {
  if (length === piece.length) return piece;
  const beginning = piece.subarray(0, length);
  const buffer = lenders.get(piece);
  if (buffer !== undefined) {
    lenders.delete(piece);
    lenders.set(beginning, buffer);
  }
  return beginning;
}

/** Whether a piece can still be given back. */
export function isLent(piece: Buffer): boolean {
  return lenders.has(piece);
}

function keep(whole: Buffer): void {
  if (kept.length < MOST_KEPT) kept.push(whole);
}
