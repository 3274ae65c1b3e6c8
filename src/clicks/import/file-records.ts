import { type AppError, invalid } from '../../errors.ts';
import { IMPORT_FORMATS, IMPORT_FORMAT_NAMES, type ImportFormatName } from './formats/import-formats.ts';
import { parseGivenMap } from './given-map.ts';
import type { ImportFormat, LogFormat } from './formats/import-format.ts';
import { NOT_UTF8 } from './lines.ts';
import type { readingOptionsOf } from './options.ts';
import { type Reading, formatOf, isQuoted } from './reading.ts';
import {
  firstRecord,
  formatOfName,
  headerIn,
  hasRecords,
  recogniseFormat,
  recognisePrefix,
  separatorLineLength,
} from './recognise.ts';
import { quotable } from '../../lib/text.ts';
import { percentEscape } from './formats/request-path.ts';
import { type RecordBlock, recordBlocks } from './record-blocks.ts';
import { MOST_SAMPLE_BYTES, SAMPLE_BYTES, textBytes, validUtf8 } from './file-text.ts';
import { peek } from './peek.ts';
import { withMarkedHeaders } from './repeated-headers.ts';
import { unpacked } from './unpack.ts';

/** How many records are looked at for the names that a map gives. */
const MAPPED_SAMPLE_RECORDS = 1_000;

/** How to read a file, as far as the options say. */
export interface ReadingOptions {
  readonly format: ImportFormatName | undefined;
  /** As `TextDecoder` names it. */
  readonly encoding: string | undefined;
  readonly reading: ReturnType<typeof readingOptionsOf>;
}

/** The records of a file, and how they are read. */
export interface FileRecords {
  readonly reading: Reading;
  readonly blocks: AsyncIterable<RecordBlock>;
  /** How many of the first records are not clicks. */
  readonly headerRecords: number;
  /** The beginning of the first line that is not blank. */
  readonly firstLine: string;
  /** The format recognised from the content, whatever format was given. */
  readonly nearest: ImportFormatName | undefined;
}

const BLANK_LINES = /^(?:[^\S\n]*\n)+/;

/**
 * Opens a file's records in the given format, or the one recognised from its content.
 * @returns undefined for a file without lines
 * @throws AppError if the format cannot be told, or the header lacks `short_code`
 */
export async function openRecords(
  name: string,
  stream: AsyncIterable<Buffer>,
  options: ReadingOptions,
): Promise<FileRecords | undefined> {
  const text = textBytes(unpacked(stream), options.encoding);
  const { start, whole } = await peek(text, SAMPLE_BYTES, MOST_SAMPLE_BYTES);
  const beginning = start.toString('utf8');
  const [blank = ''] = BLANK_LINES.exec(beginning) ?? [];
  const sample = beginning.slice(blank.length);
  if (sample.trim() === '') {
    if (start.length >= MOST_SAMPLE_BYTES)
      throw invalid('body', 'The file begins with 2 MiB of blank lines.');
    return undefined;
  }
  const prefixed = recognisePrefix(sample);
  const nearest =
    recogniseFormat(sample, options.reading) ?? recogniseFormat(prefixed?.text ?? '', options.reading);
  const firstLine = firstLineOf(sample);
  const isNotation = options.reading.log_format !== undefined;
  const formatName =
    variantOf(options.format, nearest) ?? (isNotation ? 'combined' : (nearest ?? formatOfName(name)));
  const isMapped = options.reading.map !== undefined;
  if (formatName === undefined || (isMapped && IMPORT_FORMATS[formatName].kind === 'log'))
    throw isMapped ? lacksCode(options.reading.map) : unknownFormat(firstLine);
  const format = formatOf({ ...options.reading, format: formatName });
  const header = headerOf(format, sample, options.reading, nearest);
  const reading = { ...options.reading, format: formatName, ...header };
  requireMapped(format, sample, reading);
  const isPrefixed = prefixed !== undefined && !hasRecords(sample, reading);
  const lines = validUtf8(linesOf(format, whole), format.kind === 'log' ? percentEscape : () => NOT_UTF8);
  return {
    reading: isPrefixed ? { ...reading, prefix: prefixed.prefix } : reading,
    blocks: withOneHeader(recordBlocks(lines, isQuoted(format), header.delimiter), format, sample, header),
    headerRecords: headerRecords(format, sample, blank),
    firstLine,
    nearest,
  };
}

/** `--format yourls` is `yourls-sql` too, if the content is. */
function variantOf(
  given: ImportFormatName | undefined,
  nearest: ImportFormatName | undefined,
): ImportFormatName | undefined {
  return given !== undefined && nearest?.startsWith(`${given}-`) === true ? nearest : given;
}

/** @throws AppError for a name in the option `map` that no record at the beginning of the file has */
function requireMapped(format: ImportFormat, sample: string, reading: Reading): void {
  if (format.kind === 'log' || reading.map === undefined) return;
  const records = (format.toLines?.()(Buffer.from(sample)).toString('utf8') ?? sample)
    .split('\n', MAPPED_SAMPLE_RECORDS)
    .filter((line) => line.trim() !== '');
  for (const { field, source } of parseGivenMap(reading.map).entries) {
    for (const name of source.names) {
      const hasName = format.hasName(name, reading);
      if (records.some(hasName)) continue;
      const where = format.parseHeader === undefined ? 'No record has' : 'The header line lacks';
      throw invalid('body', `${where} ${quotable(name)}, which the map names for ${field}.`);
    }
  }
}

async function* linesOf(format: ImportFormat, stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const toLines = format.kind === 'fields' ? format.toLines?.() : undefined;
  for await (const piece of stream) yield toLines === undefined ? piece : toLines(piece);
}

/** @throws AppError for a log that names other columns later */
function withOneHeader(
  blocks: AsyncIterable<RecordBlock>,
  format: ImportFormat,
  sample: string,
  { columns, delimiter }: Pick<Reading, 'columns' | 'delimiter'>,
): AsyncIterable<RecordBlock> {
  if (format.kind === 'log') return withSameColumns(blocks, format, columns);
  if (format.parseHeader === undefined) return blocks;
  return withMarkedHeaders(blocks, firstRecord(sample, format.isQuoted, delimiter), delimiter);
}

/** @throws AppError where a log begins to have other columns, since lines read by the old ones would be wrong clicks */
async function* withSameColumns(
  blocks: AsyncIterable<RecordBlock>,
  { columns: named }: LogFormat,
  columns: readonly string[],
): AsyncGenerator<RecordBlock> {
  for await (const block of blocks) {
    const lines =
      named !== undefined && block.bytes.includes(named.start) ? block.bytes.toString().split('\n') : [];
    for (const line of lines) {
      if (named === undefined || !line.startsWith(named.start)) continue;
      if (named.find(line)?.join(' ') === columns.join(' ')) continue;
      throw invalid(
        'body',
        `A later line ${named.start} names other columns than the first: split the file there.`,
      );
    }
    yield block;
  }
}

/** @param blank lines in front */
function headerRecords(format: ImportFormat, sample: string, blank: string): number {
  if (format.kind === 'log' || format.parseHeader === undefined) return 0;
  return blank.split('\n').length - 1 + (separatorLineLength(sample) === 0 ? 1 : 2);
}

function headerOf(
  format: ImportFormat,
  sample: string,
  { delimiter, map }: Pick<Reading, 'delimiter' | 'map'>,
  nearest: ImportFormatName | undefined,
): Pick<Reading, 'columns' | 'delimiter'> {
  if (format.kind === 'log') {
    const columns = format.columns === undefined ? [] : format.columns.find(sample);
    if (columns !== undefined) return { columns };
    throw invalid('body', 'No line at the beginning of the file names the columns that a click needs.');
  }
  if (format.parseHeader === undefined) return { columns: [] };
  const record = firstRecord(sample, isQuoted(format), delimiter);
  if (record.length >= SAMPLE_BYTES - 1) {
    throw invalid('body', 'The header line is too long: its names must fit into 64 KiB.');
  }
  const header = headerIn(format, sample, delimiter);
  const repeated = header && format.repeatedName?.(header);
  if (repeated !== undefined)
    throw invalid('body', `The header line names ${quotable(repeated)} twice: rename one of these columns.`);
  if (header !== undefined && format.tellsCode(header)) return header;
  if (header !== undefined) {
    throw invalid(
      'body',
      'No column has the short code: name it with the option map (short_code=COLUMN), or give the code itself if all lines have the same (short_code==CODE).',
    );
  }
  if (map !== undefined) throw lacksCode(map);
  const hint = nearest === undefined ? '' : ` It looks like the format ${nearest}.`;
  throw invalid('body', `The first line must name the columns, including ${format.needs}.${hint}`);
}

/** The short code under its name in the option `map`, which is in no header line and no record. */
function lacksCode(map: readonly string[] = []): AppError {
  const { preset, entries } = parseGivenMap(map);
  const { source = preset?.sources.short_code } = entries.find(({ field }) => field === 'short_code') ?? {};
  const names = [...(source?.names ?? ['short_code']), ...(source?.beside ?? [])].map(quotable);
  const what =
    names.length === 0
      ? 'the columns that the map names'
      : `${names.join(' or ')}, which the map names for short_code`;
  return invalid('body', `The file has neither a header line nor JSON records with ${what}.`);
}

function firstLineOf(sample: string): string {
  const [first = ''] = sample.trimStart().split('\n', 1);
  return quotable(first.trimEnd());
}

function unknownFormat(firstLine: string): AppError {
  return invalid(
    'body',
    `The format of the file is not recognised; its first line is ${JSON.stringify(firstLine)}. Give the format (${IMPORT_FORMAT_NAMES.join(', ')}), the log format from the server's configuration, or a map with the names of its columns.`,
  );
}
