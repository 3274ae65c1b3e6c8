import exceljs from 'exceljs';
import { unzipSync } from 'fflate';
import { neutralise } from '../lib/formula-guard.ts';
import { SheetNames } from './unique-names.ts';
import type { WorkbookParts, WorkbookPlan } from './workbook.ts';

/** What the thread does with each plan that it is sent. */
export async function partsOf({ summaries, sheets }: WorkbookPlan): Promise<WorkbookParts> {
  const book = new exceljs.Workbook();
  const names = new SheetNames([]);
  for (const { name, fields } of summaries) {
    const sheet = book.addWorksheet(names.next(name));
    sheet.columns = [
      { header: 'Field', width: 24 },
      { header: 'Value', width: 32 },
    ];
    for (const [field, value] of Object.entries(fields)) {
      sheet.addRow([field, typeof value === 'string' ? neutralise(value) : value]);
    }
    sheet.getRow(1).font = { bold: true };
  }
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
