import { IMPORT_FORMATS, IMPORT_FORMAT_NAMES, type ImportFormatName } from './formats.ts';
import type { ImportFormat, ImportedRecord } from './import-format.ts';
import { LOG_PREFIXES, LOG_PREFIX_NAMES, type LogPrefixName } from './log-prefix.ts';
import { type Reading, parserOf } from './reading.ts';
import { RecordSplitter } from './records.ts';

/** How many of a file's first lines are tried in each format. */
const SAMPLE_LINES = 50;

/** The format that most of a file's first lines are in, or whose header the file begins with; undefined if there is none. */
export function recogniseFormat(text: string): ImportFormatName | undefined {
  const byWhole = IMPORT_FORMAT_NAMES.find((name) => isBegunIn(IMPORT_FORMATS[name], text));
  if (byWhole !== undefined) return byWhole;
  const lines = firstLines(text);
  const counts = IMPORT_FORMAT_NAMES.map((format) => countParsed(format, lines));
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

function isBegunIn(format: ImportFormat, text: string): boolean {
  if (format.kind === 'log') return format.columns?.find(text) !== undefined;
  if (format.recognises !== undefined) return format.recognises(text);
  return format.parseHeader?.(firstRecord(text, format.isQuoted)) !== undefined;
}

function countParsed(name: ImportFormatName, lines: readonly string[]): number {
  const format: ImportFormat = IMPORT_FORMATS[name];
  if (format.kind === 'fields' ? format.parseHeader !== undefined : format.columns !== undefined) return 0;
  const parse = parserOf({ format: name, columns: [] });
  return lines.filter((line) => isRecord(parse(line))).length;
}

/** A JSON object without a short code is hardly a click: it may be a line of a log. */
function isRecord(record: ImportedRecord): boolean {
  return record.kind === 'click' ? 'short_code' in record.value : record.kind === 'skipped';
}

const SEPARATOR_LINE = /^sep=.\r?\n/i;

/** The length of a line with which spreadsheets tell what separates cells; 0 without one. The header tells it as well. */
export function separatorLineLength(text: string): number {
  return SEPARATOR_LINE.exec(text)?.[0].length ?? 0;
}

/** The first record, or what of it is in the text. */
export function firstRecord(text: string, quoted: boolean): string {
  const splitter = new RecordSplitter(quoted);
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
