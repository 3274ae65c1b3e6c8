import {
  IMPORT_FORMATS,
  IMPORT_FORMAT_NAMES,
  type ImportFormatName,
  RECOGNITION_ORDER,
} from './formats/import-formats.ts';
import type { FieldFormat, FileHeader } from './formats/import-format.ts';
import type { ImportedRecord } from './formats/imported-record.ts';
import { LOG_PREFIXES, LOG_PREFIX_NAMES, type LogPrefixName } from './formats/log-prefix.ts';
import { type Reading, formatOf, parserOf } from './reading.ts';
import { RecordSplitter } from './records.ts';

/** How many of a file's first lines are tried in each format. */
const SAMPLE_LINES = 50;

/**
 * The format that most of a file's first lines are in, or whose header the file begins with; undefined if there is none.
 * @param given what was said of it: with a map, it is no log
 */
export function recogniseFormat(
  text: string,
  given: Pick<Reading, 'map' | 'delimiter'> = {},
): ImportFormatName | undefined {
  const names = RECOGNITION_ORDER.filter(
    (name) => given.map === undefined || IMPORT_FORMATS[name].kind === 'fields',
  );
  const byWhole = names.find((name) => isBegunIn({ ...given, format: name }, text));
  if (byWhole !== undefined) return byWhole;
  const lines = firstLines(text);
  const counts = IMPORT_FORMAT_NAMES.map((name) =>
    names.includes(name) ? countParsed({ ...given, format: name, columns: [] }, lines) : 0,
  );
  const most = Math.max(...counts);
  return most === 0 ? undefined : IMPORT_FORMAT_NAMES[counts.indexOf(most)];
}

function firstLines(text: string): readonly string[] {
  return text
    .split('\n', SAMPLE_LINES)
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line.trim() !== '');
}

/** The prefix that most of a file's first lines have, and these lines without it; undefined if there is none. */
export function recognisePrefix(
  text: string,
): { readonly prefix: LogPrefixName; readonly text: string } | undefined {
  const lines = firstLines(text);
  for (const prefix of LOG_PREFIX_NAMES) {
    const { strip } = LOG_PREFIXES[prefix];
    const stripped = lines.map(strip).filter((line) => line !== undefined);
    if (2 * stripped.length > lines.length) return { prefix, text: stripped.join('\n') };
  }
  return undefined;
}

/** Whether one of a file's first lines is in the format. */
export function hasRecords(text: string, reading: Reading): boolean {
  const parse = parserOf(reading);
  return firstLines(text).some((line) => isRecord(parse(line)));
}

function isBegunIn(given: Pick<Reading, 'format' | 'map' | 'delimiter'>, text: string): boolean {
  const format = formatOf(given);
  if (format.kind === 'log') return format.columns?.find(text) !== undefined;
  if (format.recognises !== undefined) return format.recognises(text);
  return headerIn(format, text, given.delimiter) !== undefined;
}

function countParsed(reading: Reading, lines: readonly string[]): number {
  const format = formatOf(reading);
  if (format.kind === 'fields' ? format.parseHeader !== undefined : format.columns !== undefined) return 0;
  const parse = parserOf(reading);
  return lines.filter((line) => isRecord(parse(line))).length;
}

/** A JSON object without a short code is hardly a click: it may be a line of a log. */
function isRecord(record: ImportedRecord): boolean {
  return record.kind === 'click' ? 'short_code' in record.value : record.kind === 'skipped';
}

const SEPARATOR_LINE = /^"?sep=(.)"?\r?\n/i;

/** The length of a line with which spreadsheets tell what separates cells; 0 without one. */
export function separatorLineLength(text: string): number {
  return SEPARATOR_LINE.exec(text)?.[0].length ?? 0;
}

/**
 * The header that a text begins with; undefined without one.
 * @param delimiter what separates cells, where that was said
 */
export function headerIn(
  { parseHeader, isQuoted }: FieldFormat,
  text: string,
  delimiter: string | undefined,
): FileHeader | undefined {
  if (parseHeader === undefined) return undefined;
  const told = delimiter ?? SEPARATOR_LINE.exec(text)?.[1];
  const record = firstRecord(text, isQuoted, told);
  const header = parseHeader(record, told);
  return header === undefined && delimiter === undefined ? parseHeader(record) : header;
}

/** The first record, or what of it is in the text. */
export function firstRecord(text: string, quoted: boolean, delimiter?: string): string {
  const splitter = new RecordSplitter(quoted, delimiter);
  const rest = text.slice(separatorLineLength(text));
  for (const { text: first } of splitter.push(rest)) return first;
  for (const { text: first } of splitter.end()) return first;
  return '';
}

/** The format that a file's name tells by its ending; undefined when it tells none. */
export function formatOfName(name: string): ImportFormatName | undefined {
  const base = name.toLowerCase().replace(/\.(?:gz|zst|bz2|xz)$/, '');
  return IMPORT_FORMAT_NAMES.find((format) =>
    IMPORT_FORMATS[format].endings.some((ending) => base.endsWith(ending)),
  );
}
