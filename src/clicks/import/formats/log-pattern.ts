import { findIp } from '../../../lib/ip.ts';

/** The meaning of a part of a log line. `request` is method, target and protocol in one. */
export type LogField =
  | 'ip'
  | 'forwarded'
  | 'time'
  | 'request'
  | 'method'
  | 'target'
  /** A target that the server has decoded. */
  | 'path'
  /** What follows a question mark, apart from the target. */
  | 'query'
  | 'status'
  | 'referrer'
  | 'userAgent'
  | 'acceptLanguage'
  | 'host';

/** Whether a part can have this text. If one part does not fit, the line is not in the format. */
export type Fits = (line: string, start: number, end: number) => boolean;

/** A part of a line that varies, and the text after it. */
export interface LogPart {
  /** Undefined for what clicks have no use for. */
  readonly field: LogField | undefined;
  /** The text up to the next part; empty at the end of the line. */
  readonly after: string;
  /** Ends at the next quote that no backslash escapes. */
  readonly isQuoted: boolean;
  readonly fits: Fits;
}

/** A log format, compiled: `start`, then the parts one after the other. */
export interface LogPattern {
  readonly start: string;
  readonly parts: readonly LogPart[];
  /** The server may write more fields behind: words and quoted texts. */
  readonly hasTrailing: boolean;
}

/** Parses lines one after the other, each in time linear in its length. */
export interface LineMatcher {
  /** False for a line that is not wholly in the format. */
  readonly match: (line: string) => boolean;
  /** What returns a field of the line that matched last; undefined if the format lacks the field. */
  readonly reader: (field: LogField) => () => string | undefined;
}

export function lineMatcher({ start, parts, hasTrailing }: LogPattern): LineMatcher {
  const starts = new Int32Array(parts.length);
  const ends = new Int32Array(parts.length);
  let current = '';
  let trailingStart = 0;
  const match = (line: string): boolean => {
    if (!line.startsWith(start)) return false;
    let at = start.length;
    let place = 0;
    for (const { isQuoted, after, fits } of parts) {
      const end = isQuoted ? closingQuote(line, at) : wordEnd(line, at, after);
      if (end === -1 || !fits(line, at, end)) return false;
      // An unquoted part was found by the text after it.
      if (isQuoted && !line.startsWith(after, end)) return false;
      starts[place] = at;
      ends[place++] = end;
      at = end + after.length;
    }
    current = line;
    trailingStart = at;
    return at === line.length || (hasTrailing && isTrailing(line, at));
  };
  const reader = (field: LogField): (() => string | undefined) => {
    const place = parts.findIndex((part) => part.field === field);
    if (place !== -1) return () => current.slice(starts[place], ends[place]);
    return field === 'forwarded' && hasTrailing
      ? () => trailingAddresses(current, trailingStart)
      : () => undefined;
  };
  return { match, reader };
}

const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/** The end of a value that is not quoted. A list may have blanks after its commas. */
function wordEnd(line: string, start: number, after: string): number {
  if (after === '') return line.length;
  let end = line.indexOf(after, start);
  while (end > start && line.charCodeAt(end - 1) === COMMA) end = line.indexOf(after, end + 1);
  return end;
}

/** The place of the next quote that no backslash escapes. */
function closingQuote(line: string, start: number): number {
  let quote = line.indexOf('"', start);
  while (quote !== -1 && isEscaped(line, start, quote)) quote = line.indexOf('"', quote + 1);
  return quote;
}

function isEscaped(line: string, start: number, quote: number): boolean {
  let from = quote;
  while (from > start && line.charCodeAt(from - 1) === BACKSLASH) from--;
  return (quote - from) % 2 === 1;
}

/** Whether only words and quoted texts follow, a blank before each. */
function isTrailing(line: string, start: number): boolean {
  let at = start;
  while (at < line.length) {
    if (line[at] !== ' ') return false;
    const isQuoted = line[at + 1] === '"';
    const end = isQuoted ? closingQuote(line, at + 2) : trailingWordEnd(line, at + 1);
    if (end === -1) return false;
    at = isQuoted ? end + 1 : end;
  }
  return true;
}

/** -1 where there is no word, or a quote in it. */
function trailingWordEnd(line: string, start: number): number {
  const blank = line.indexOf(' ', start);
  const end = blank === -1 ? line.length : blank;
  return end === start || line.slice(start, end).includes('"') ? -1 : end;
}

/** Which of the fields after the format is `X-Forwarded-For` is not told: it is the first text that begins with an address. */
function trailingAddresses(line: string, start: number): string | undefined {
  let quote = line.indexOf('"', start);
  while (quote !== -1) {
    const end = closingQuote(line, quote + 1);
    const text = line.slice(quote + 1, end);
    if (findIp(text) !== undefined) return text;
    quote = line.indexOf('"', end + 1);
  }
  return undefined;
}
