import { z } from 'zod';
import { IMPORT_FORMATS, IMPORT_FORMAT_NAMES } from './formats/import-formats.ts';
import { MapError, mergeMap, parseGivenMap } from './given-map.ts';
import type { ImportFormat } from './formats/import-format.ts';
import type { ImportedRecord, RecordParser } from './formats/imported-record.ts';
import { matchesAny } from './link-filter.ts';
import { NOT_UTF8, TOO_LONG } from './lines.ts';
import { LOG_PREFIX_NAMES, stripped } from './formats/log-prefix.ts';
import { type LogOptions, clickOfRequest } from './formats/logged-request.ts';
import { RecordSplitter } from './records.ts';
import { isBlank } from '../../lib/text.ts';
import { textLog } from './formats/text-log.ts';

/** How the records of a file are read. */
const readingSchema = z.strictObject({
  format: z.enum(IMPORT_FORMAT_NAMES, `must be one of: ${IMPORT_FORMAT_NAMES.join(', ')}`),
  /** A log format in nginx's or Apache's notation, in place of `format`. */
  log_format: z.string().optional(),
  /** The column names of a format that has a header line. */
  columns: z.array(z.string()).readonly(),
  /** What separates cells, where that is not a comma. */
  delimiter: z.string().length(1).optional(),
  /** Where records have the fields of a click, as the option `map` says it. */
  map: z.array(z.string()).readonly().optional(),
  /** What its lines are inside of. */
  prefix: z.enum(LOG_PREFIX_NAMES).optional(),
  /** How many proxies are in front of the log's server. */
  trust_proxy: z.int().min(0).optional(),
  /** Short codes begin with the host, where the log has it. */
  code_with_host: z.boolean().optional(),
  /** Globs of the only short codes that are taken, and of those that are not. */
  only: z.array(z.string()).readonly().optional(),
  except: z.array(z.string()).readonly().optional(),
  /** The only statuses that are clicks. */
  status: z.array(z.int()).readonly().optional(),
});

export type Reading = Readonly<z.infer<typeof readingSchema>>;

/**
 * @throws NotationError for a log format that cannot be used
 * @throws MapError for a map that cannot be used, or not with this format
 */
export function formatOf({
  format,
  log_format: notation,
  map,
}: Pick<Reading, 'format' | 'log_format' | 'map'>): ImportFormat {
  if (notation !== undefined) return textLog(notation, { description: notation });
  const known: ImportFormat = IMPORT_FORMATS[format];
  if (map === undefined) return known;
  if (known.kind === 'log') throw new MapError(`cannot be used with the format ${format}, a log`);
  return known.mapped((own) => mergeMap(own, parseGivenMap(map)));
}

/** Whether a line break inside quotes belongs to the record. */
export function isQuoted(format: ImportFormat): boolean {
  return format.kind === 'fields' && format.isQuoted;
}

/** Cuts a file's text into its records. */
export function splitterOf(reading: Reading): RecordSplitter {
  const format = formatOf(reading);
  return new RecordSplitter(isQuoted(format), reading.delimiter);
}

/** Why a line without text is skipped. */
export const BLANK_LINE = 'blank line';

/** A blank line is skipped whatever the format. */
export function parserOf(reading: Reading): RecordParser {
  const parse = filtered(stripped(parserOfFormat(formatOf(reading), reading), reading.prefix), reading);
  return (record) => {
    if (record === TOO_LONG) return { kind: 'rejected', reason: 'longer than 1 MiB' };
    if (isBlank(record)) return { kind: 'skipped', reason: BLANK_LINE };
    return parse(record);
  };
}

/** Leaves out clicks by their short codes, and puts the host before the others where that was asked for. */
function filtered(parse: RecordParser, { only, except, code_with_host }: Reading): RecordParser {
  if (only === undefined && except === undefined && code_with_host !== true) return parse;
  const isWanted = only === undefined ? () => true : matchesAny(only);
  const isExcepted = matchesAny(except ?? []);
  return (record) => {
    const parsed = parse(record);
    if (parsed.kind !== 'click') return parsed;
    const { value, host } = parsed;
    const code = value['short_code'];
    if (typeof code !== 'string') return parsed;
    const time = value['clicked_at'];
    if (!isWanted(code)) return { kind: 'skipped', reason: 'not in --only', time };
    if (isExcepted(code)) return { kind: 'skipped', reason: 'in --except', time };
    if (code_with_host !== true || host === undefined) return parsed;
    return { kind: 'click', value: { ...value, short_code: `${host.toLowerCase()}/${code}` } };
  };
}

const COMMENT: ImportedRecord = { kind: 'skipped', reason: 'comment' };

const INVALID_UTF8: ImportedRecord = {
  kind: 'rejected',
  reason: 'not UTF-8; --encoding tells another encoding, for example windows-1252',
};

function parserOfFormat(format: ImportFormat, reading: Reading): RecordParser {
  if (format.kind === 'fields') {
    const parse = format.parser(reading);
    return (record) => (record.includes(NOT_UTF8) ? INVALID_UTF8 : parse(record));
  }
  const name = reading.log_format === undefined ? `the format ${reading.format}` : 'the format given';
  const misfit: ImportedRecord = { kind: 'rejected', reason: `not in ${name}` };
  const options: LogOptions = {
    trustProxy: reading.trust_proxy ?? 0,
    statuses: reading.status && new Set(reading.status),
  };
  const comment = format.columns?.comment;
  return (line) => {
    if (comment !== undefined && line.startsWith(comment)) return COMMENT;
    const request = format.parse(line, reading.columns);
    return request === undefined ? misfit : clickOfRequest(request, options);
  };
}
