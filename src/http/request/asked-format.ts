import { notOneOf } from '../../errors.ts';
import type { ExportFormat } from '../../export/export-format.ts';
import { EXPORT_FORMATS, EXPORT_FORMAT_NAMES } from '../../export/formats.ts';
import { type RawParameters, valueOf } from '../../stats/parse/raw-parameters.ts';

/** @throws AppError 422 for a format that there is not */
export function parseFormat(raw: RawParameters): ExportFormat {
  const wanted = valueOf(raw, 'format');
  const name = EXPORT_FORMAT_NAMES.find((known) => known === wanted);
  if (name === undefined) throw notOneOf('format', EXPORT_FORMAT_NAMES);
  return EXPORT_FORMATS[name];
}
