import { type Column, type RowTemplate, escapeText } from '../lib/row-template.ts';
import { type ExportContent, type PeriodContent, listsOfBoth } from './content.ts';
import type { TemplateFormat } from './export-format.ts';
import { FileNames } from './unique-names.ts';
import { type ZipEntry, zipped } from './zip.ts';

export const CSV: TemplateFormat = {
  kind: 'template',
  extension: 'zip',
  contentType: 'application/zip',
  description: 'a zip archive of `summary.csv` and one file a list; of the period before, `previous_….csv`',
  capability: 'raw',
  isForSpreadsheets: true,
  row: csvRow,
  write: writeCsv,
};

export function csvRow(columns: readonly Column[]): RowTemplate {
  const cells = columns.flatMap((column, index) => (index === 0 ? [column] : [',', column]));
  return { escape: 'csv', pieces: [...cells, '\r\n'] };
}

/** An archive of CSV files (RFC 4180, UTF-8): the summary, then one a list. */
function writeCsv(content: ExportContent): AsyncIterable<Buffer> {
  return zipped(files(content));
}

async function* files(content: ExportContent): AsyncGenerator<ZipEntry> {
  yield summaryFile('summary.csv', content);
  if (content.previous) yield summaryFile('previous_summary.csv', content.previous);
  const names = new FileNames();
  for await (const { name, columns, rows } of listsOfBoth(content)) {
    yield { name: `${names.next(name)}.csv`, data: headed(line(columns.map((column) => column.name)), rows) };
  }
}

function summaryFile(name: string, { summary }: PeriodContent): ZipEntry {
  return { name, data: [line(['Field', 'Value']), ...Object.entries(summary).map(line)] };
}

async function* headed(header: string, rows: AsyncIterable<Buffer>): AsyncGenerator<Buffer | string> {
  yield header;
  yield* rows;
}

function line(cells: readonly (string | number | null)[]): string {
  const written = cells.map((cell) =>
    typeof cell === 'string' ? escapeText(cell, 'csv') : String(cell ?? ''),
  );
  return `${written.join(',')}\r\n`;
}
