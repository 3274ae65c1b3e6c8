/** One record of a file: its text without the line break, and the number of its first line, from 1. */
export interface FileRecord {
  readonly text: string;
  readonly line: number;
  /** False for a last line that no line break ends: it may still be growing. */
  readonly isComplete: boolean;
}

/** Quotes still open after so many characters were never meant as quotes: the record ends at its line. */
const MAX_RECORD_CHARACTERS = 1 << 16;

/** A line longer than this is cut, so that memory stays bounded; it will not parse, and is counted as rejected. */
const MAX_REST_CHARACTERS = 1 << 20;

/**
 * Cuts text that arrives in pieces into records. A line is a record, except that with `quoted` (CSV) a line break
 * inside quotes belongs to the record.
 */
export class RecordSplitter {
  readonly #quoted: boolean;
  #rest = '';
  /** How far `#rest` was searched for line breaks, and how its quotes stand there. */
  #searched = 0;
  #quotes: Quotes = OUTSIDE;
  #line = 1;

  /** @param quoted a line break inside quotes belongs to the record */
  constructor(quoted: boolean) {
    this.#quoted = quoted;
  }

  /** The records that `piece` completes. */
  *push(piece: string): Generator<FileRecord> {
    this.#rest += piece;
    let start = 0;
    for (;;) {
      const end = this.#rest.indexOf('\n', this.#searched);
      if (end === -1) break;
      if (this.#quoted) this.#quotes = quotesAfter(this.#rest, this.#searched, end, this.#quotes);
      this.#searched = end + 1;
      if (this.#quotes.isOpen && end - start < MAX_RECORD_CHARACTERS) continue;
      yield this.#record(this.#rest.slice(start, end), true);
      start = end + 1;
      this.#quotes = OUTSIDE;
    }
    this.#rest = this.#rest.slice(start);
    this.#searched -= start;
    if (this.#rest.length > MAX_REST_CHARACTERS) {
      this.#rest = this.#rest.slice(0, MAX_RECORD_CHARACTERS);
      this.#searched = Math.min(this.#searched, this.#rest.length);
    }
  }

  /** The last record, when the text does not end with a line break. */
  *end(): Generator<FileRecord> {
    if (this.#rest !== '') yield this.#record(this.#rest, false);
    this.#rest = '';
  }

  #record(text: string, isComplete: boolean): FileRecord {
    const line = this.#line;
    this.#line += 1 + countLineBreaks(text);
    return { text: text.endsWith('\r') ? text.slice(0, -1) : text, line, isComplete };
  }
}

/** How a record stands with its quotes: inside a cell that a quote opened, or at the start of one. */
interface Quotes {
  readonly isOpen: boolean;
  readonly isCellStart: boolean;
}

const OUTSIDE: Quotes = { isOpen: false, isCellStart: true };

/** The quotes' state after a stretch of text; a doubled quote closes and opens again, which comes to the same. */
function quotesAfter(text: string, from: number, to: number, { isOpen, isCellStart }: Quotes): Quotes {
  if (!isOpen) {
    const quote = text.indexOf('"', from);
    if (quote === -1 || quote >= to) return OUTSIDE;
  }
  let closed = false;
  for (let place = from; place < to; place++) {
    const character = text[place];
    if (isOpen) {
      if (character !== '"') continue;
      isOpen = false;
      closed = true;
      continue;
    }
    if (character === '"' && (isCellStart || closed)) isOpen = true;
    closed = false;
    isCellStart = character === ',';
  }
  return { isOpen, isCellStart: false };
}

function countLineBreaks(text: string): number {
  let count = 0;
  for (let place = text.indexOf('\n'); place !== -1; place = text.indexOf('\n', place + 1)) count++;
  return count;
}
