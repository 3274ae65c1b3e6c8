import { collectingBuffers } from '../lib/garbage-collection.ts';
import { type ExportContent, type ExportList, listNamesOfBoth, listsOfBoth } from './content.ts';
import type { TableFormat, TemplateFormat } from './export-format.ts';
import { MOST_SHARED_TEXTS, SharedTexts } from './shared-texts.ts';
import { SheetNames } from './unique-names.ts';
import { SheetRows, sheetRow } from './sheet-rows.ts';
import {
  PREVIOUS_SUMMARY_SHEET,
  type PlannedSheet,
  SUMMARY_SHEET,
  type SummarySheet,
  type WorkbookParts,
  makeWorkbook,
} from './workbook.ts';
import { type ZipEntry, zipped } from './zip.ts';

/** Rows of a sheet under its header; with it they are the 1,048,576 that spreadsheets can hold. */
export const SHEET_ROWS = 1_048_575;

const SHARED_TEXTS = 'xl/sharedStrings.xml';

export const XLSX: TemplateFormat = {
  kind: 'template',
  extension: 'xlsx',
  contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  description:
    'a workbook of the sheet `Summary` and one a list; of the period before, `Previous summary` and `previous_…`',
  capability: 'raw',
  isForSpreadsheets: true,
  row: sheetRow,
  write: writeXlsx,
};

export const XLSX_SHEET: TableFormat = {
  kind: 'template',
  extension: 'xlsx',
  contentType: XLSX.contentType,
  description: 'a workbook with one sheet, and further ones beyond 1,048,575 rows',
  capability: 'raw',
  isForSpreadsheets: true,
  exactEscape: 'xlsx-exact',
  row: sheetRow,
  writeTable: (table) => {
    const { name, columns } = table;
    const only = async function* (): AsyncGenerator<ExportList> {
      yield table;
    };
    return writeXlsx({
      head: {},
      summary: {},
      listNames: [{ name, columns }],
      lists: only(),
      groupCounts: {},
    });
  },
};

/**
 * A workbook: the summary, then one sheet a list, and further ones for a list that is too long for one.
 * @param limits.sheetRows of a sheet under its header
 * @param limits.sharedTexts that cells name by their places; further ones stand in their cells
 */
export function writeXlsx(
  content: ExportContent,
  { sheetRows = SHEET_ROWS, sharedTexts = MOST_SHARED_TEXTS } = {},
): AsyncIterable<Buffer> {
  return zipped(parts(content, sheetRows, sharedTexts));
}

/**
 * exceljs makes the workbook with its styles, widths and header rows; only the rows under the headers are written
 * here, since its own streaming writer is slow and has no back-pressure. It makes it twice: first for the sheets'
 * frames, and at the end, when it is known how many there are, for all the other parts.
 */
async function* parts(
  content: ExportContent,
  rowsPerSheet: number,
  mostTexts: number,
): AsyncGenerator<ZipEntry> {
  const summaries = summariesOf(content);
  const names = new SheetNames(summaries.map(({ name }) => name));
  const frames = await makeWorkbook({ summaries, sheets: listNamesOfBoth(content) });
  const pathOf = (list: number): string => sheetPath(summaries.length + list);
  const texts = new SharedTexts(partOf(frames, SHARED_TEXTS), mostTexts);
  const sheets: PlannedSheet[] = [];
  let list = 0;
  for await (const { name, columns, rows } of listsOfBoth(content)) {
    const frame = frameOf(frames, pathOf(++list));
    const sheetRows = new SheetRows(columns, rows, texts);
    do {
      sheets.push({ name: names.next(name), columns });
      yield {
        name: pathOf(sheets.length),
        data: sheetXml(frame, collectingBuffers(sheetRows.take(rowsPerSheet))),
      };
    } while (!sheetRows.isDone);
  }
  const whole = await makeWorkbook({ summaries, sheets });
  const written = new Set(sheets.map((_, index) => pathOf(index + 1)));
  for (const [name, data] of Object.entries(whole)) {
    if (written.has(name) || name.endsWith('/')) continue;
    yield { name, data: name === SHARED_TEXTS ? texts.xml() : [Buffer.from(data)] };
  }
}

function summariesOf({ summary, previous }: ExportContent): readonly SummarySheet[] {
  // What is one table has none.
  if (Object.keys(summary).length === 0) return [];
  const own = { name: SUMMARY_SHEET, fields: summary };
  return previous ? [own, { name: PREVIOUS_SUMMARY_SHEET, fields: previous.summary }] : [own];
}

interface Frame {
  readonly before: string;
  readonly after: string;
}

function frameOf(book: WorkbookParts, path: string): Frame {
  const xml = partOf(book, path);
  const end = xml.indexOf('</sheetData>');
  if (end === -1) throw new Error('The workbook has no such sheet.');
  // The dimension would be that of the header row alone.
  return { before: xml.slice(0, end).replace(/<dimension[^>]*>/, ''), after: xml.slice(end) };
}

function partOf(book: WorkbookParts, name: string): string {
  const part = book[name];
  if (part === undefined) throw new Error(`The workbook has no ${name}.`);
  return Buffer.from(part).toString('utf8');
}

function sheetPath(sheet: number): string {
  return `xl/worksheets/sheet${sheet}.xml`;
}

async function* sheetXml(
  frame: Frame,
  rows: AsyncIterable<Buffer | string>,
): AsyncGenerator<Buffer | string> {
  yield frame.before;
  yield* rows;
  yield frame.after;
}
