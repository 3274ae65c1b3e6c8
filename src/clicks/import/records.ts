import { LineCutter, TOO_LONG } from './lines.ts';

/** One record of a file: its text without the line break, and the number of its first line, from 1. */
export interface FileRecord {
  readonly text: string;
  readonly line: number;
  /** False for one that may read otherwise once its file has grown: the last line, or what follows quotes still open. */
  readonly isComplete: boolean;
}

/**
 * How far the quotes of a record may reach. Where they have not closed by then, or close in the midst of a cell, they
 * were never meant to: the first line is a record by itself, and reading goes on after it.
 */
export const MOST_RECORD_LINES = 100;
const MOST_RECORD_CHARACTERS = 1 << 16;

/**
 * Cuts text that arrives in pieces into records. A line is a record, except that with `quoted` (CSV) a line break
 * inside quotes belongs to the record. Any run of records, joined by line breaks, is cut into the same ones again.
 */
export class RecordSplitter {
  readonly #quoted: boolean;
  readonly #delimiter: string;
  readonly #lines = new LineCutter();
  /** Lines of a record whose quotes are open, and their characters. */
  #open: string[] = [];
  #openCharacters = 0;
  #line = 1;

  /**
   * @param quoted a line break inside quotes belongs to the record
   * @param delimiter what separates the cells of a record, between which quotes open and close
   */
  constructor(quoted: boolean, delimiter = ',') {
    this.#quoted = quoted;
    this.#delimiter = delimiter;
  }

  /** The records that `piece` completes. */
  push(piece: string): readonly FileRecord[] {
    this.#lines.push(piece);
    const records: FileRecord[] = [];
    for (let line = this.#lines.next(); line !== undefined; line = this.#lines.next()) {
      if (this.#quoted) records.push(...this.#add(line, true));
      else records.push(this.#record(line, true));
    }
    return records;
  }

  /** The records that are left when the text is over. */
  *end(): Generator<FileRecord> {
    const last = this.#lines.last();
    if (last !== undefined && !this.#quoted) yield this.#record(last, false);
    else if (last !== undefined) yield* this.#add(last, false);
    while (this.#open.length > 0) {
      const [first = '', ...others] = this.#takeOpen();
      yield this.#record(first, false);
      for (const other of others) yield* this.#add(other, false);
    }
  }

  /** @param isComplete no line that is still to come can change what this one completes */
  *#add(line: string, isComplete: boolean): Generator<FileRecord> {
    const queue = [line];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const isOpen = this.#open.length > 0;
      const quotes = next.startsWith(TOO_LONG) ? 'misfit' : quotesAfter(next, isOpen, this.#delimiter);
      if (quotes === 'open' && this.#hasRoomFor(next)) {
        this.#open.push(next);
        this.#openCharacters += withoutReturns(next);
      } else if (!isOpen) {
        yield this.#record(next, isComplete);
      } else if (quotes === 'closed') {
        yield this.#record([...this.#takeOpen(), next].join('\n'), isComplete);
      } else {
        const [first = '', ...others] = this.#takeOpen();
        yield this.#record(first, isComplete);
        queue.unshift(...others, next);
      }
    }
  }

  #hasRoomFor(line: string): boolean {
    return (
      this.#open.length < MOST_RECORD_LINES - 1 &&
      this.#openCharacters + withoutReturns(line) < MOST_RECORD_CHARACTERS
    );
  }

  #takeOpen(): readonly string[] {
    const lines = this.#open;
    this.#open = [];
    this.#openCharacters = 0;
    return lines;
  }

  #record(text: string, isComplete: boolean): FileRecord {
    const line = this.#line;
    this.#line += this.#quoted ? 1 + countLineBreaks(text) : 1;
    return { text: text.endsWith('\r') ? text.slice(0, -1) : text, line, isComplete };
  }
}

/** The characters that count: carriage returns at a line's end go when it is a record's last. */
function withoutReturns(line: string): number {
  let end = line.length;
  while (line[end - 1] === '\r') end--;
  return end;
}

/**
 * How quotes stand after a line: `misfit` where they close in the midst of a cell.
 * @param isOpen the line begins inside quotes
 */
function quotesAfter(line: string, isOpen: boolean, delimiter: string): 'open' | 'closed' | 'misfit' {
  const end = withoutReturns(line);
  for (let quote = line.indexOf('"'); quote !== -1; quote = line.indexOf('"', quote + 1)) {
    const follower = line[quote + 1];
    if (!isOpen) isOpen = quote === 0 || line[quote - 1] === delimiter;
    else if (follower === '"') quote++;
    else if (quote + 1 >= end || follower === delimiter) isOpen = false;
    else return 'misfit';
  }
  return isOpen ? 'open' : 'closed';
}

function countLineBreaks(text: string): number {
  let count = 0;
  for (let place = text.indexOf('\n'); place !== -1; place = text.indexOf('\n', place + 1)) count++;
  return count;
}
