import { invalid, notOneOf } from '../errors.ts';
import { CLICK_FORMATS, CLICK_FORMAT_NAMES, type ClickFormatName } from '../export/click-formats.ts';
import { COMPRESSION_NAMES, type Compression } from '../export/compressions.ts';
import type { ClickFormat } from '../export/export-format.ts';
import { listed } from '../lib/names.ts';
import { type RawParameters, valueOf } from '../stats/parse/raw-parameters.ts';

/** Whether a `'` is put before text that a spreadsheet might run. */
export const ESCAPE_CHOICES = ['formulas', 'none'] as const;

/** How clicks are written. */
export interface ClickFile {
  readonly format: ClickFormat;
  /** Whether texts stand as they are where a spreadsheet might run them. */
  readonly isExact: boolean;
  /** The file itself is compressed. */
  readonly compression: Compression | undefined;
}

/** Formats whose files can be compressed: text of which each line is read by itself. */
export const COMPRESSIBLE_FORMATS = CLICK_FORMAT_NAMES.filter((name) => isCompressible(CLICK_FORMATS[name]));

export function isCompressible({ kind, capability }: Pick<ClickFormat, 'kind' | 'capability'>): boolean {
  return kind === 'native' && capability === 'streamable';
}

/** @throws AppError 422 for a format that there is not, 400 for what does not go with it */
export function parseClickFile(raw: RawParameters): ClickFile {
  const name = oneOf<ClickFormatName>('format', raw, CLICK_FORMAT_NAMES);
  if (name === undefined) throw notOneOf('format', CLICK_FORMAT_NAMES);
  const format = CLICK_FORMATS[name];
  const escape = chosen('escape', raw, ESCAPE_CHOICES);
  const compression = chosen('compress', raw, COMPRESSION_NAMES);
  if (compression !== undefined && !isCompressible(format)) {
    throw invalid('compress', `compress goes with the formats ${listed(COMPRESSIBLE_FORMATS, 'and')} only.`);
  }
  return { format, isExact: escape === 'none', compression };
}

/** @throws AppError 400 for another value */
function chosen<Choice extends string>(
  name: string,
  raw: RawParameters,
  choices: readonly Choice[],
): Choice | undefined {
  const choice = oneOf(name, raw, choices);
  if (choice !== undefined || valueOf(raw, name) === undefined) return choice;
  throw invalid(name, `${name} must be one of: ${choices.join(', ')}.`);
}

function oneOf<Choice extends string>(
  name: string,
  raw: RawParameters,
  choices: readonly Choice[],
): Choice | undefined {
  const wanted = valueOf(raw, name);
  return choices.find((known) => known === wanted);
}
