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
  #line = 1;

  constructor(quoted: boolean) {
    this.#quoted = quoted;
  }

  /** The records that `piece` completes. */
  *push(piece: string): Generator<FileRecord> {
    this.#rest += piece;
    let start = 0;
    let from = 0;
    for (;;) {
      const end = this.#rest.indexOf('\n', from);
      if (end === -1) break;
      const text = this.#rest.slice(start, end);
      if (this.#quoted && isInsideQuotes(text) && text.length < MAX_RECORD_CHARACTERS) {
        from = end + 1;
        continue;
      }
      yield this.#record(text, true);
      start = from = end + 1;
    }
    this.#rest = this.#rest.slice(start);
    if (this.#rest.length > MAX_REST_CHARACTERS) this.#rest = this.#rest.slice(0, MAX_RECORD_CHARACTERS);
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

/** True when a cell of the record is still open: its quotes, taken in pairs, leave one over. */
function isInsideQuotes(text: string): boolean {
  let open = false;
  let cellStart = true;
  for (let place = 0; place < text.length; place++) {
    const character = text[place];
    if (open) {
      if (character !== '"') continue;
      if (text[place + 1] === '"') place++;
      else open = false;
    } else if (character === '"' && cellStart) open = true;
    cellStart = !open && character === ',';
  }
  return open;
}

function countLineBreaks(text: string): number {
  let count = 0;
  for (let place = text.indexOf('\n'); place !== -1; place = text.indexOf('\n', place + 1)) count++;
  return count;
}
