import { namesOf } from '../../../lib/names.ts';
import type { ImportedRecord, RecordParser } from './imported-record.ts';
import { parseObject } from '../../../lib/json-object.ts';

/** What a log line is inside of where something else collected it. */
export interface LogPrefix {
  readonly description: string;
  /** The server's own line; undefined for a line without the prefix. */
  readonly strip: (line: string) => string | undefined;
}

/** `Jan 24 10:05:03 host haproxy[123]: `, or RFC 5424's `<134>1 2026-01-24T10:05:03Z host nginx 123 - - `. */
const SYSLOG =
  /^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}|\d{4}-\d{2}-\d{2}T\S{1,32}) \S{1,255} [^\s:[]{1,64}(?:\[\d{1,10}\])?: /;
const SYSLOG_5424 = /^<\d{1,3}>1 \S{1,40} \S{1,255} \S{1,48} \S{1,128} \S{1,32} - /;

/** `2026-01-24T10:05:03.123456789Z stdout F ` */
const KUBERNETES = /^\d{4}-\d{2}-\d{2}T[\d:.]{1,20}(?:Z|[+-]\d{2}:\d{2}) (?:stdout|stderr) F /;

export const LOG_PREFIXES = {
  syslog: { description: 'syslog', strip: (line) => after(line, SYSLOG) ?? after(line, SYSLOG_5424) },
  kubernetes: { description: 'Kubernetes (CRI)', strip: (line) => after(line, KUBERNETES) },
  docker: { description: "Docker's json-file", strip: dockerLine },
} as const satisfies Readonly<Record<string, LogPrefix>>;

export type LogPrefixName = keyof typeof LOG_PREFIXES;

export const LOG_PREFIX_NAMES = namesOf(LOG_PREFIXES);

function after(line: string, prefix: RegExp): string | undefined {
  const match = prefix.exec(line);
  return match === null ? undefined : line.slice(match[0].length);
}

function dockerLine(line: string): string | undefined {
  if (!line.startsWith('{"log":')) return undefined;
  const text = parseObject(line)?.['log'];
  return typeof text === 'string' ? text.replace(/\r?\n$/, '') : undefined;
}

/** Parses lines without the prefix that each has. */
export function stripped(parse: RecordParser, prefix: LogPrefixName | undefined): RecordParser {
  if (prefix === undefined) return parse;
  const { description, strip } = LOG_PREFIXES[prefix];
  const misfit: ImportedRecord = { kind: 'rejected', reason: `not a line of ${description}` };
  return (record) => {
    const line = strip(record);
    return line === undefined ? misfit : parse(line);
  };
}
