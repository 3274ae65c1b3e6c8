import { findIp } from '../../../lib/ip.ts';
import type { LogFormat } from './import-format.ts';
import type { LoggedRequest } from './logged-request.ts';

const FIELDS = '#Fields:';

export const W3C_LOG: LogFormat = {
  kind: 'log',
  description: 'W3C extended log, whose line #Fields: names the columns (IIS, Amazon CloudFront)',
  endings: [],
  columns: { find: findColumns, start: FIELDS, comment: '#' },
  parse: parseW3cLine,
};

/** The parts of a request, and the columns that may hold each, in lower case: of several that are there, the first. */
const NAMES = {
  date: ['date'],
  time: ['time'],
  method: ['cs-method'],
  target: ['cs-uri-stem'],
  query: ['cs-uri-query'],
  status: ['sc-status'],
  ip: ['c-ip'],
  forwarded: ['x-forwarded-for', 'cs(x-forwarded-for)'],
  referrer: ['cs(referer)', 'cs(referrer)'],
  userAgent: ['cs(user-agent)'],
  acceptLanguage: ['cs(accept-language)'],
  host: ['x-host-header', 'cs-host', 'cs(host)'],
} as const;

type Part = keyof typeof NAMES;

const NEEDED: readonly Part[] = ['date', 'time', 'method', 'target', 'status'];

function findColumns(text: string): readonly string[] | undefined {
  const start = text.startsWith(FIELDS) ? 0 : text.indexOf(`\n${FIELDS}`) + 1;
  if (start === 0 && !text.startsWith(FIELDS)) return undefined;
  const [line = ''] = text.slice(start).split('\n', 1);
  const columns = line.slice(FIELDS.length).trim().toLowerCase().split(/\s+/);
  return NEEDED.every((part) => placeOf(columns, part) !== -1) ? columns : undefined;
}

function placeOf(columns: readonly string[], part: Part): number {
  const name = NAMES[part].find((known) => columns.includes(known));
  return name === undefined ? -1 : columns.indexOf(name);
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{2}:\d{2}:\d{2}(?:\.\d+)?$/;
const STATUS = /^\d{3}$/;

/** A line whose cells are not what the columns say is not in the format: the server may have begun to log other ones. */
function parseW3cLine(line: string, columns: readonly string[]): LoggedRequest | undefined {
  const isTabbed = line.includes('\t');
  const cells = line.split(isTabbed ? '\t' : ' ');
  if (cells.length !== columns.length) return undefined;
  const cell = (part: Part): string | undefined => {
    const value = cells[placeOf(columns, part)];
    return value === '-' ? undefined : value;
  };
  const [date = '', time = '', status = '', ip] = [cell('date'), cell('time'), cell('status'), cell('ip')];
  const fits =
    DATE.test(date) &&
    TIME.test(time) &&
    STATUS.test(status) &&
    (ip === undefined || findIp(ip) !== undefined);
  if (!fits) return undefined;
  const decode = isTabbed ? percentDecoded : withBlanks;
  return {
    method: cell('method'),
    target: cell('target') ?? '',
    isDecoded: false,
    query: cell('query'),
    escapes: 'none',
    status: Number(status),
    time: `${date}T${time}Z`,
    ip,
    forwarded: decode(cell('forwarded')),
    referrer: cell('referrer'),
    userAgent: decode(cell('userAgent')),
    acceptLanguage: decode(cell('acceptLanguage')),
    host: cell('host'),
  };
}

/** IIS writes a blank as `+`. */
function withBlanks(text: string | undefined): string | undefined {
  return text?.replaceAll('+', ' ');
}

/** CloudFront percent-encodes what is no plain character. */
function percentDecoded(text: string | undefined): string | undefined {
  if (text === undefined || !text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
