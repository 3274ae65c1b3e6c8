import { namesOf } from '../lib/names.ts';
import { ARROW } from './arrow.ts';
import type { ClickFormat } from './export-format.ts';
import { JSON_ITEMS } from './json.ts';
import { NDJSON } from './ndjson.ts';
import { PARQUET } from './parquet.ts';
import { PLAIN_CSV } from './plain-csv.ts';
import { XLSX_SHEET } from './xlsx.ts';
import { XML_ITEMS } from './xml.ts';

/** The formats that an export of clicks can have, in the order they are offered. */
export const CLICK_FORMATS = {
  parquet: PARQUET,
  arrow: ARROW,
  ndjson: NDJSON,
  csv: PLAIN_CSV,
  xlsx: XLSX_SHEET,
  json: JSON_ITEMS,
  xml: XML_ITEMS,
} as const satisfies Readonly<Record<string, ClickFormat>>;

export type ClickFormatName = keyof typeof CLICK_FORMATS;

export const CLICK_FORMAT_NAMES = namesOf(CLICK_FORMATS);

/** Those that spreadsheets open. */
export const CLICK_SHEET_FORMAT_NAMES = CLICK_FORMAT_NAMES.filter(
  (name) => CLICK_FORMATS[name].isForSpreadsheets,
);
