import { namesOf } from '../lib/names.ts';
import { CSV } from './csv.ts';
import type { ExportFormat } from './export-format.ts';
import { JSON_DOCUMENT } from './json.ts';
import { NDJSON } from './ndjson.ts';
import { PARQUET } from './parquet.ts';
import { XLSX } from './xlsx.ts';
import { XML } from './xml.ts';

/** The formats an export can have, in the order they are offered. */
export const EXPORT_FORMATS = {
  csv: CSV,
  xlsx: XLSX,
  json: JSON_DOCUMENT,
  xml: XML,
  parquet: PARQUET,
  ndjson: NDJSON,
} as const satisfies Readonly<Record<string, ExportFormat>>;

export type ExportFormatName = keyof typeof EXPORT_FORMATS;

export const EXPORT_FORMAT_NAMES = namesOf(EXPORT_FORMATS);

/** Those that spreadsheets open. */
export const SHEET_FORMAT_NAMES = EXPORT_FORMAT_NAMES.filter(
  (name) => EXPORT_FORMATS[name].isForSpreadsheets,
);
