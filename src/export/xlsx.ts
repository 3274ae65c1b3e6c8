import { type Unzipped, unzipSync } from 'fflate';
import { type Column, type RowTemplate, neutralise } from '../values/row-template.ts';
import type { ExportContent } from './content.ts';
import { SheetNames } from './sheet-names.ts';
import { type ZipEntry, zipped } from './zip.ts';

/** Rows of a sheet under its header; with it they are the 1,048,576 that spreadsheets can hold. */
export const SHEET_ROWS = 1_048_575;

/** Stands in a written row where its number belongs; no cell can hold it, XML forbids it. */
const ROW_NUMBER = '\u0001';
const SUMMARY = 'Summary';

/** A row of a sheet, one a line. Every cell names its place: some readers fail without. */
export function xlsxRow(columns: readonly Column[]): RowTemplate {
  const cells = columns.flatMap((column, index) => {
    const place = `${columnLetters(index)}${ROW_NUMBER}`;
    const cell = { column, escape: 'xlsx' as const };
    return column.kind === 'number'
      ? [`<c r="${place}"><v>`, cell, '</v></c>']
      : [`<c r="${place}" t="inlineStr"><is><t xml:space="preserve">`, cell, '</t></is></c>'];
  });
  return [`<row r="${ROW_NUMBER}">`, ...cells, '</row>\n'];
}

/** A workbook: the summary, then one sheet a list, and further ones for a list that is too long for one. */
export function writeXlsx(content: ExportContent): AsyncIterable<Buffer> {
  return zipped(parts(content));
}

interface Sheet {
  readonly name: string;
  readonly columns: readonly Column[];
}

/**
 * exceljs makes the workbook with its styles, widths and header rows; only the rows under the headers are written
 * here, since its own streaming writer is slow and has no back-pressure. It makes it twice: first for the sheets'
 * frames, and at the end, when it is known how many there are, for all the other parts.
 */
async function* parts(content: ExportContent): AsyncGenerator<ZipEntry> {
  const names = new SheetNames([SUMMARY]);
  const frames = await workbook(content, content.listNames);
  const sheets: Sheet[] = [];
  let list = 0;
  for await (const { name, columns, rows } of content.lists) {
    const frame = frameOf(frames, ++list + 1);
    const cursor = new RowCursor(rows);
    do {
      sheets.push({ name: names.next(name), columns });
      yield { name: sheetPath(sheets.length + 1), data: sheetXml(frame, cursor) };
    } while (!cursor.isDone);
  }
  const whole = await workbook(content, sheets);
  const written = new Set(sheets.map((_, index) => sheetPath(index + 2)));
  for (const [name, data] of Object.entries(whole)) {
    if (!written.has(name) && !name.endsWith('/')) yield { name, data: [Buffer.from(data)] };
  }
}

async function workbook(content: ExportContent, sheets: readonly Sheet[]): Promise<Unzipped> {
  // exceljs takes a fifth of a second to load; only who exports to it shall wait for that.
  const { default: exceljs } = await import('exceljs');
  const book = new exceljs.Workbook();
  const names = new SheetNames([]);
  const summary = book.addWorksheet(names.next(SUMMARY));
  summary.columns = [
    { header: 'Field', width: 24 },
    { header: 'Value', width: 32 },
  ];
  for (const [field, value] of Object.entries(content.summary)) {
    summary.addRow([field, typeof value === 'string' ? neutralise(value) : value]);
  }
  summary.getRow(1).font = { bold: true };
  for (const { name, columns } of sheets) {
    const sheet = book.addWorksheet(names.next(name));
    sheet.columns = columns.map((column) => ({
      header: column.name,
      width: column.kind === 'number' ? 18 : 28,
    }));
    sheet.getRow(1).font = { bold: true };
  }
  return unzipSync(new Uint8Array(await book.xlsx.writeBuffer()));
}

interface Frame {
  readonly before: string;
  readonly after: string;
}

function frameOf(book: Unzipped, sheet: number): Frame {
  const xml = Buffer.from(book[sheetPath(sheet)] ?? '').toString('utf8');
  const end = xml.indexOf('</sheetData>');
  if (end === -1) throw new Error('The workbook has no such sheet.');
  // The dimension would be that of the header row alone.
  return { before: xml.slice(0, end).replace(/<dimension[^>]*>/, ''), after: xml.slice(end) };
}

function sheetPath(sheet: number): string {
  return `xl/worksheets/sheet${sheet}.xml`;
}

async function* sheetXml(frame: Frame, rows: RowCursor): AsyncGenerator<Buffer | string> {
  yield frame.before;
  yield* rows.take(SHEET_ROWS);
  yield frame.after;
}

/** Gives the rows of a list sheet by sheet, with their numbers. */
class RowCursor {
  isDone = false;
  readonly #pieces: AsyncIterator<Buffer>;
  /** Rows not given yet, the last one perhaps not whole. One byte a character: UTF-8 passes through untouched. */
  #rest = '';

  constructor(rows: AsyncIterable<Buffer>) {
    this.#pieces = rows[Symbol.asyncIterator]();
  }

  /** At most `limit` rows, in pieces; the first is number 2, under the header. */
  async *take(limit: number): AsyncGenerator<Buffer> {
    let number = 1;
    while (number <= limit) {
      const { text, next } = numbered(this.#rest, number, limit);
      this.#rest = this.#rest.slice(text.consumed);
      number = next;
      if (text.written !== '') yield Buffer.from(text.written, 'latin1');
      if (number > limit) break;
      if (!(await this.#more())) return;
    }
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

/** Puts the numbers into the whole rows of a text, as many as still fit. */
function numbered(rows: string, number: number, limit: number) {
  let written = '';
  let consumed = 0;
  let next = number;
  for (;;) {
    const end = rows.indexOf('\n', consumed);
    if (end === -1 || next > limit) break;
    next++;
    written += rows.slice(consumed, end).split(ROW_NUMBER).join(String(next));
    consumed = end + 1;
  }
  return { text: { written, consumed }, next };
}

/** A, B, … Z, AA, … */
function columnLetters(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : columnLetters(Math.floor(index / 26) - 1) + letter;
}
