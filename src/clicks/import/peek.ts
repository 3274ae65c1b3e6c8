/** The beginning of a stream, and the stream with it. */
export interface Peeked {
  readonly start: Buffer;
  readonly whole: AsyncGenerator<Buffer>;
}

/** Reads ahead until there are so many bytes after the first that is not blank, or `mostBytes`, or the stream is over. */
export async function peek(stream: AsyncIterable<Buffer>, bytes: number, mostBytes = bytes): Promise<Peeked> {
  const rest = stream[Symbol.asyncIterator]();
  const pieces: Buffer[] = [];
  let length = 0;
  let blanks = 0;
  let isBlank = true;
  while (length < bytes + blanks && length < mostBytes) {
    const next = await rest.next();
    if (next.done === true) break;
    pieces.push(next.value);
    length += next.value.length;
    if (!isBlank) continue;
    const first = next.value.findIndex((byte) => byte > BLANK);
    isBlank = first === -1;
    blanks += isBlank ? next.value.length : first;
  }
  const start = Buffer.concat(pieces);
  async function* whole(): AsyncGenerator<Buffer> {
    try {
      if (start.length > 0) yield start;
      for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
    } finally {
      await rest.return?.();
    }
  }
  return { start, whole: whole() };
}

const BLANK = 0x20;
