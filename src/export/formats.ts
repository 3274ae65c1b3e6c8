import { namesOf } from '../lib/names.ts';
import type { Column, RowTemplate } from '../lib/row-template.ts';
import type { ExportContent } from './content.ts';
import { csvRow, writeCsv } from './csv.ts';
import { jsonRow, writeJson } from './json.ts';
import { sheetRow } from './sheet-rows.ts';
import { writeXlsx } from './xlsx.ts';
import { writeXml, xmlRow } from './xml.ts';

/** A file format: how it writes a row, and the document around the rows. */
export interface ExportFormat {
  readonly extension: string;
  readonly contentType: string;
  readonly row: (columns: readonly Column[]) => RowTemplate;
  /** The bytes of the file, made as they are asked for. */
  readonly write: (content: ExportContent) => AsyncIterable<Buffer | string>;
}

/** The formats an export can have, in the order they are offered. */
export const EXPORT_FORMATS = {
  csv: { extension: 'zip', contentType: 'application/zip', row: csvRow, write: writeCsv },
  xlsx: {
    extension: 'xlsx',
    contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    row: sheetRow,
    write: writeXlsx,
  },
  json: { extension: 'json', contentType: 'application/json', row: jsonRow, write: writeJson },
  xml: { extension: 'xml', contentType: 'application/xml', row: xmlRow, write: writeXml },
} as const satisfies Record<string, ExportFormat>;

export type ExportFormatName = keyof typeof EXPORT_FORMATS;

export const EXPORT_FORMAT_NAMES = namesOf(EXPORT_FORMATS);
