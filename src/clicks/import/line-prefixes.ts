const NUL = 0;
const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/**
 * Removes byte order marks and NUL bytes at the beginning of lines. Files that were joined have the former; the latter are left
 * by a crash, and in a log that is truncated while it is written.
 * @param stream UTF-8, in pieces cut anywhere
 */
export async function* withoutBomAndNul(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isLineBegun = false;
  // The end of a piece that may be the beginning of a byte order mark.
  let begun: Buffer = Buffer.alloc(0);
  for await (const piece of stream) {
    const bytes = begun.length === 0 ? piece : Buffer.concat([begun, piece]);
    const end = bytes.length - begunBomBytes(bytes, isLineBegun);
    begun = bytes.subarray(end);
    const text = bytes.subarray(0, end);
    const hasPrefix = text.includes(NUL) || text.includes(BYTE_ORDER_MARK);
    const kept: Buffer = hasPrefix ? stripped(text, isLineBegun) : text;
    if (kept.length === 0) continue;
    isLineBegun = kept.at(-1) !== LINE_FEED;
    yield kept;
  }
  if (begun.length > 0) yield begun;
}

function stripped(text: Buffer, isLineBegun: boolean): Buffer {
  const kept = Buffer.allocUnsafe(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] ?? 0;
    if (!isLineBegun && byte === NUL) continue;
    if (!isLineBegun && isBomAt(text, at)) {
      at += BYTE_ORDER_MARK.length - 1;
      continue;
    }
    kept[length++] = byte;
    isLineBegun = byte !== LINE_FEED;
  }
  return kept.subarray(0, length);
}

function isBomAt(text: Buffer, at: number): boolean {
  return BYTE_ORDER_MARK.every((byte, place) => text[at + place] === byte);
}

/** How many of the last bytes begin a byte order mark before a line. */
function begunBomBytes(bytes: Buffer, isLineBegun: boolean): number {
  for (let count = BYTE_ORDER_MARK.length - 1; count > 0; count--) {
    const at = bytes.length - count;
    if (at < 0 || !bytes.subarray(at).equals(BYTE_ORDER_MARK.subarray(0, count))) continue;
    const before = endOfText(bytes, at);
    const isInFront = before === 0 ? !isLineBegun : bytes[before - 1] === LINE_FEED;
    return isInFront ? count : 0;
  }
  return 0;
}

/** Where the text ends that is followed only by byte order marks and NUL bytes. */
function endOfText(bytes: Buffer, end: number): number {
  const { length } = BYTE_ORDER_MARK;
  for (;;) {
    if (bytes[end - 1] === NUL) end--;
    else if (end >= length && isBomAt(bytes, end - length)) end -= length;
    else return end;
  }
}
