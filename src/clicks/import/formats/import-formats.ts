import { namesOf } from '../../../lib/names.ts';
import { CSV } from './csv-format.ts';
import { SERVICE_FORMATS } from './service-formats.ts';
import type { ImportFormat } from './import-format.ts';
import { JSON_FILE } from './json-file.ts';
import { JSON_LOGS } from './json-logs.ts';
import { NDJSON } from './ndjson-format.ts';
import { TEXT_LOGS } from './text-logs.ts';
import { W3C_LOG } from './w3c-log.ts';

/**
 * The formats that can be imported, in the order they are offered. Of two that fit a file equally well, it is the first, but
 * exports of other services go before what can hold anything. Each has samples in `test/data/import/`.
 */
export const IMPORT_FORMATS = {
  ndjson: NDJSON,
  json: JSON_FILE,
  csv: CSV,
  ...TEXT_LOGS,
  ...JSON_LOGS,
  w3c: W3C_LOG,
  ...SERVICE_FORMATS,
} as const satisfies Readonly<Record<string, ImportFormat>>;

export type ImportFormatName = keyof typeof IMPORT_FORMATS;

export const IMPORT_FORMAT_NAMES = namesOf(IMPORT_FORMATS);

/** In the order in which a file is tried. */
export const RECOGNITION_ORDER: readonly ImportFormatName[] = [
  ...namesOf(SERVICE_FORMATS),
  ...IMPORT_FORMAT_NAMES.filter((name) => !Object.hasOwn(SERVICE_FORMATS, name)),
];
