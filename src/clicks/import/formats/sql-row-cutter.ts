import { LONGEST_LINE, TOO_LONG } from '../lines.ts';
import { parseCreate, parseInsert } from './sql-statement.ts';

/** What MySQL writes after a backslash; any other character stands for itself. */
const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\x1a',
  // A pattern's escapes, which are none in a text.
  '%': '\\%',
  _: '\\_',
};

/** Text of a statement that is kept, up to its rows. */
const MAX_STATEMENT_CHARACTERS = 65_536;

/** What stands before rows: only there is a statement looked at as a whole. */
const VALUES = /(?:^|\W)VALUES? ?$/i;
/** As long as a match can be. */
const TAIL_CHARACTERS = 8;

/**
 * Writes each row that an SQL dump (MySQL, MariaDB) inserts into one table as a line: a JSON object of texts. A statement may have
 * any length, a row that of a line. Characters are bytes, so that text in UTF-8 stays as it is.
 */
export class SqlRowCutter {
  readonly #needed: readonly string[];
  readonly #usual: readonly string[];
  /** The table that was created last, and its columns. */
  #created: ReturnType<typeof parseCreate>;
  #statement = '';
  /** The end of the statement, its blanks as one each. */
  #tail = '';
  #quote = '';
  /** The quote that ended just now: the same one again stands for itself. */
  #closed = '';
  #comment: '' | 'line' | 'block' = '';
  #isEscaped = false;
  #previous = '';
  /** The columns of the rows under way; empty for those of other tables. Undefined outside of rows. */
  #columns: readonly string[] | undefined;
  #depth = 0;
  #cells: (string | null)[] = [];
  #cell = '';
  #isText = false;
  #length = 0;

  /**
   * @param needed columns of the table that is meant
   * @param usual its columns where the dump does not say them
   */
  constructor(needed: readonly string[], usual: readonly string[]) {
    this.#needed = needed;
    this.#usual = usual;
  }

  cut(piece: Buffer): Buffer {
    const text = piece.toString('latin1');
    const lines: string[] = [];
    for (let at = 0; at < text.length;) at = this.#pass(text, at, lines);
    return Buffer.from(lines.join(''), 'latin1');
  }

  /** @returns the position after what was passed */
  #pass(text: string, at: number, lines: string[]): number {
    if (this.#quote !== '') return this.#passQuoted(text, at);
    const character = text.charAt(at);
    const previous = this.#previous;
    this.#previous = character;
    if (this.#comment !== '') {
      const isOver = this.#comment === 'line' ? character === '\n' : previous + character === '*/';
      if (isOver) this.#comment = this.#previous = '';
    } else if (character === this.#closed) {
      this.#quote = character;
      this.#closed = '';
      this.#add(character);
    } else {
      this.#closed = '';
      this.#passPlain(character, previous, lines);
    }
    return at + 1;
  }

  #passQuoted(text: string, at: number): number {
    if (this.#isEscaped) {
      this.#isEscaped = false;
      const escaped = text.charAt(at);
      this.#add(ESCAPES[escaped] ?? escaped);
      return at + 1;
    }
    const end = endOfRun(text, at, this.#quote);
    if (this.#columns !== undefined || this.#quote === '`') this.#add(text.slice(at, end));
    if (text[end] === '\\') this.#isEscaped = true;
    else if (end < text.length) {
      this.#closed = this.#quote;
      if (this.#quote === '`') this.#add('`');
      this.#quote = '';
    }
    return end + 1;
  }

  #passPlain(character: string, previous: string, lines: string[]): void {
    if (character === "'" || character === '"' || character === '`') this.#open(character);
    else if (character === '#') this.#comment = 'line';
    else if (previous + character === '--') this.#begin('line');
    else if (previous + character === '/*') this.#begin('block');
    else if (character === ';') this.#endStatement();
    else if (this.#columns !== undefined) this.#passRow(character, lines);
    else if (character === '(' && VALUES.test(this.#tail)) {
      this.#columns = this.#columnsOfRows();
      this.#beginRow();
    } else {
      this.#add(character);
      this.#passTail(character);
    }
  }

  #passTail(character: string): void {
    const isBlank = character.trim() === '';
    if (isBlank && this.#tail.endsWith(' ')) return;
    this.#tail = (this.#tail + (isBlank ? ' ' : character)).slice(-TAIL_CHARACTERS);
  }

  #open(quote: string): void {
    this.#quote = quote;
    this.#tail = '';
    if (quote === '`') this.#add(quote);
    else if (!this.#isText) {
      // What stands before a text says which characters it is in.
      this.#cell = '';
      this.#isText = true;
    }
  }

  /** The first of the two characters that begin a comment was taken for something else. */
  #begin(comment: 'line' | 'block'): void {
    this.#comment = comment;
    this.#previous = '';
    if (this.#columns === undefined) {
      this.#statement = this.#statement.slice(0, -1);
      this.#tail = this.#tail.slice(0, -1);
    } else this.#cell = this.#cell.slice(0, -1);
  }

  #passRow(character: string, lines: string[]): void {
    if (this.#depth === 0) {
      if (character === '(') this.#beginRow();
      // Behind the rows stands what is done with those that are there already.
      else if (/[a-z]/i.test(character)) this.#columns = [];
    } else if (this.#depth === 1 && (character === ',' || character === ')')) {
      if (this.#cells.length < (this.#columns?.length ?? 0))
        this.#cells.push(this.#isText ? this.#cell : valueOf(this.#cell.trim()));
      this.#cell = '';
      this.#isText = false;
      if (character === ')') this.#endRow(lines);
    } else {
      if (character === '(') this.#depth++;
      if (character === ')') this.#depth--;
      if (!this.#isText) this.#add(character);
    }
  }

  #add(text: string): void {
    this.#length += text.length;
    if (this.#columns === undefined) {
      if (this.#length <= MAX_STATEMENT_CHARACTERS) this.#statement += text;
    } else if (this.#columns.length > 0 && this.#depth > 0 && this.#length <= LONGEST_LINE)
      this.#cell += text;
  }

  /** The columns of the rows that come now; none where they are of another table. */
  #columnsOfRows(): readonly string[] {
    const inserted = parseInsert(this.#statement);
    if (inserted === undefined) return [];
    const { table, columns = this.#columnsOf(table) } = inserted;
    return this.#needed.every((name) => columns.includes(name)) ? columns : [];
  }

  #columnsOf(table: string): readonly string[] {
    if (this.#created?.table === table) return this.#created.columns;
    return table.endsWith('_log') ? this.#usual : [];
  }

  #beginRow(): void {
    this.#depth = 1;
    this.#length = 0;
    this.#cells = [];
    this.#cell = '';
    this.#isText = false;
  }

  #endRow(lines: string[]): void {
    this.#depth = 0;
    const columns = this.#columns ?? [];
    if (columns.length === 0) return;
    if (this.#length > LONGEST_LINE) lines.push(`${TOO_LONG}\n`);
    else {
      const row = columns.map((name, place) => [name, this.#cells[place]]);
      lines.push(`${JSON.stringify(Object.fromEntries(row))}\n`);
    }
  }

  #endStatement(): void {
    this.#created = parseCreate(this.#statement) ?? this.#created;
    this.#columns = undefined;
    this.#statement = this.#tail = '';
    this.#length = this.#depth = 0;
  }
}

/** What stands in quotes up to the next one, or a backslash. */
const RUNS: Readonly<Record<string, RegExp>> = { "'": /[^'\\]*/y, '"': /[^"\\]*/y, '`': /[^`]*/y };

function endOfRun(text: string, start: number, quote: string): number {
  const run = RUNS[quote];
  if (run === undefined) return start;
  run.lastIndex = start;
  run.test(text);
  return run.lastIndex;
}

/** A value that is not quoted: NULL, a number, or bytes (`0x6C61`). */
function valueOf(value: string): string | null {
  if (/^null$/i.test(value)) return null;
  const [, bytes] = /^(?:_\w+\s*)?0x((?:[\da-f]{2})+)$/i.exec(value) ?? [];
  return bytes === undefined ? value : Buffer.from(bytes, 'hex').toString('latin1');
}
