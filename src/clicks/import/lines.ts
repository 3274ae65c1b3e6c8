/** A longer line is none, so that memory stays bounded: `TOO_LONG` stands in its place. Characters, or bytes of UTF-8. */
export const LONGEST_LINE = 1 << 20;

/** Stands for a line that is too long. No format has such a record. */
export const TOO_LONG = '\0too long';

/** Stands for each byte that is not UTF-8, in formats whose records are then rejected. */
export const NOT_UTF8 = '\0\uFFFD';

/** Begins a header line that came before, and what stands before it: no records. No line of a file begins with it. */
export const REPEATED_HEADER = '\0header';

/** Cuts text that arrives in pieces into lines. */
export class LineCutter {
  #text = '';
  #start = 0;

  push(piece: string): void {
    const begun = this.#text.slice(this.#start);
    // Of a line that is too long already only its end is of use.
    const isTooLong = begun.length > LONGEST_LINE;
    this.#text = begun + (isTooLong ? piece.slice(endOf(piece)) : piece);
    this.#start = 0;
  }

  /** The next line that its line break has ended, without that; undefined when there is none. */
  next(): string | undefined {
    const end = this.#text.indexOf('\n', this.#start);
    if (end === -1) return undefined;
    const line = this.#text.slice(this.#start, end);
    this.#start = end + 1;
    return bounded(line);
  }

  /** The last line, which no line break ends; undefined when there is none. */
  last(): string | undefined {
    const line = this.#text.slice(this.#start);
    this.#start = this.#text.length;
    return line === '' ? undefined : bounded(line);
  }
}

function bounded(line: string): string {
  return line.length > LONGEST_LINE ? TOO_LONG : line;
}

function endOf(piece: string): number {
  const end = piece.indexOf('\n');
  return end === -1 ? piece.length : end;
}
