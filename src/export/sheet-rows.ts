import { giveBack } from '../lib/read-buffers.ts';
import type { Column, RowTemplate } from '../lib/row-template.ts';
import type { SharedTexts } from './shared-texts.ts';

/** Between the cells of a written row, and after it: no cell can hold the one, XML forbids it, nor the other, which is escaped. */
const CELL_END = '\u0001';
const ROW_END = '\n';

/** Rows that are looked at together. */
const PIECE_BYTES = 8_192;
/** XML that is passed on together. */
const BLOCK_BYTES = 49_152;

/** The cells of a row, escaped. The rest of a sheet's XML is put around them here, since it needs the row's number. */
export function sheetRow(columns: readonly Column[]): RowTemplate {
  const cells = columns.flatMap((column, index) => (index === 0 ? [column] : [CELL_END, column]));
  return { escape: 'xlsx', pieces: [...cells, ROW_END] };
}

/** Gives the rows of a list sheet by sheet, as a sheet's XML with their numbers. */
export class SheetRows {
  isDone = false;
  readonly #pieces: AsyncGenerator<Buffer, undefined>;
  readonly #writeRow: (row: string, number: number) => string;
  /** Rows not given yet, the last one perhaps not whole. One byte a character: UTF-8 passes through untouched. */
  #rest = '';

  constructor(columns: readonly Column[], rows: AsyncIterable<Buffer>, texts: SharedTexts) {
    this.#pieces = smallPieces(rows);
    this.#writeRow = rowWriter(columns, texts);
  }

  /** At most `limit` rows, in pieces; the first is number 2, under the header. */
  async *take(limit: number): AsyncGenerator<Buffer> {
    const block = new LatinBlock();
    let number = 1;
    while (number <= limit) {
      const rows = this.#rest.split(ROW_END, limit - number + 1);
      let consumed = 0;
      for (const row of rows) {
        // What follows the last end of a row is only the beginning of one.
        if (consumed + row.length === this.#rest.length) break;
        const full = block.add(this.#writeRow(row, ++number));
        if (full !== undefined) yield full;
        consumed += row.length + 1;
      }
      this.#rest = this.#rest.slice(consumed);
      if (number > limit || !(await this.#more())) break;
    }
    yield block.end();
    if (this.isDone) return;
    // Whether a further sheet is needed is known only when there is a further row.
    if (this.#rest === '') await this.#more();
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#pieces.next();
    if (done === true) this.isDone = true;
    else this.#rest += value.toString('latin1');
    return done !== true;
  }
}

/**
 * Texts of one byte a character, put together in blocks. Joined as a text first, each block would be garbage that V8 leaves lying
 * about for long.
 */
class LatinBlock {
  #bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #length = 0;

  /** Adds a text. @returns what has no room beside it, to be passed on */
  add(text: string): Buffer | undefined {
    const full = this.#length + text.length > this.#bytes.length ? this.end() : undefined;
    if (text.length > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(text.length);
    this.#length += this.#bytes.write(text, this.#length, 'latin1');
    return full;
  }

  /** What has been added since, which may be nothing. */
  end(): Buffer {
    const all = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#length = 0;
    return all;
  }
}

async function* smallPieces(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, undefined> {
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += PIECE_BYTES) yield piece.subarray(at, at + PIECE_BYTES);
    giveBack(piece);
  }
}

/** Every cell names its place: some readers fail without. */
function rowWriter(columns: readonly Column[], texts: SharedTexts): (row: string, number: number) => string {
  const cells = columns.map(({ kind, isNullable = false }, index) => ({
    open: `<c r="${columnLetters(index)}`,
    isNumber: kind === 'number',
    isNullable,
  }));
  return (row, number) => {
    const values = row.split(CELL_END);
    let text = `<row r="${number}">`;
    for (let index = 0; index < cells.length; index++) {
      const { open = '', isNumber = false, isNullable = false } = cells[index] ?? {};
      const value = values[index] ?? '';
      if (isNullable && value === '') continue;
      const place = isNumber ? undefined : texts.placeOf(value);
      text += open + number;
      if (isNumber) text += `"><v>${value}</v></c>`;
      else if (place !== undefined) text += `" t="s"><v>${place}</v></c>`;
      else text += `" t="inlineStr"><is><t xml:space="preserve">${value}</t></is></c>`;
    }
    return `${text}</row>`;
  };
}

/** A, B, … Z, AA, … */
function columnLetters(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : columnLetters(Math.floor(index / 26) - 1) + letter;
}
