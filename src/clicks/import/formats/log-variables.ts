import { isIP } from 'node:net';
import type { Fits, LogField } from './log-pattern.ts';

export const isAnything: Fits = () => true;

const BLANK = 0x20;
const DASH = 0x2d;
const POINT = 0x2e;

const isWord: Fits = (line, start, end) => {
  for (let at = start; at < end; at++) if (line.charCodeAt(at) === BLANK) return false;
  return end > start;
};

/** One word, or several behind a comma or colon each, as nginx writes about more than one upstream server. */
const isList: Fits = (line, start, end) => LIST.test(line.slice(start, end));

const LIST = /^[^\s"]*(?:(?:,| :) [^\s"]+)*$/;

const isStatus: Fits = (line, start, end) => end - start === 3 && areDigits(line, start, end);

/** A decimal number, or `-` for none. */
const isNumber: Fits = (line, start, end) =>
  (end - start === 1 && line.charCodeAt(start) === DASH) || (end > start && areDigits(line, start, end));

/** @returns false for any character but digits and points */
function areDigits(line: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const unit = line.charCodeAt(at);
    if ((unit < 0x30 || unit > 0x39) && unit !== POINT) return false;
  }
  return true;
}

/** A name, of several words too, but not what is left here where something stands before the line: `203.0.113.7 - -`. */
const isUser: Fits = (line, start, end) =>
  end === start + 1 || (end > start && !` ${line.slice(start, end)} `.includes(' - '));

/** The name that an ident server gives; an address here means that another one stands before it. */
const isLogName: Fits = (line, start, end) =>
  (end - start === 1 && line.charCodeAt(start) === DASH) ||
  (isWord(line, start, end) && isIP(line.slice(start, end)) === 0);

/** A variable: the field it fills, and what it can hold. */
export type Variable = readonly [field: LogField | undefined, fits: Fits];

const WORD: Variable = [undefined, isWord];
/** A variable that is not known, outside quotes. */
export const OTHER: Variable = [undefined, isList];
const SIZE: Variable = [undefined, isNumber];

export const TIME: Variable = ['time', isAnything];
export const UNIX_TIME: Variable = ['time', isNumber];
/** A time in a form that is not read. */
export const UNREADABLE_TIME: Variable = [undefined, isAnything];

/** nginx's variables that are known. */
export const NGINX: Readonly<Record<string, Variable>> = {
  remote_addr: ['ip', isWord],
  realip_remote_addr: WORD,
  http_x_forwarded_for: ['forwarded', isAnything],
  proxy_add_x_forwarded_for: ['forwarded', isAnything],
  remote_user: [undefined, isUser],
  time_local: TIME,
  time_iso8601: ['time', isWord],
  msec: UNIX_TIME,
  date_local: UNREADABLE_TIME,
  date_gmt: UNREADABLE_TIME,
  request: ['request', isAnything],
  request_method: ['method', isWord],
  request_uri: ['target', isAnything],
  uri: ['path', isAnything],
  document_uri: ['path', isAnything],
  args: ['query', isList],
  query_string: ['query', isList],
  status: ['status', isStatus],
  body_bytes_sent: SIZE,
  bytes_sent: SIZE,
  http_referer: ['referrer', isAnything],
  http_user_agent: ['userAgent', isAnything],
  http_accept_language: ['acceptLanguage', isAnything],
  host: ['host', isWord],
  http_host: ['host', isWord],
  server_name: ['host', isWord],
  /** In formats of other programs: anything up to what follows. */
  any_text: [undefined, isAnything],
};

/** Apache's directives that are known, with their arguments in lower case, but for times with one. */
export const APACHE: Readonly<Record<string, Variable>> = {
  h: ['ip', isWord],
  a: ['ip', isWord],
  l: [undefined, isLogName],
  u: [undefined, isUser],
  t: TIME,
  r: ['request', isAnything],
  m: ['method', isWord],
  U: ['path', isAnything],
  q: ['query', isList],
  s: ['status', isStatus],
  b: SIZE,
  B: SIZE,
  O: SIZE,
  I: SIZE,
  v: ['host', isWord],
  V: ['host', isWord],
  '{referer}i': ['referrer', isAnything],
  '{user-agent}i': ['userAgent', isAnything],
  '{accept-language}i': ['acceptLanguage', isAnything],
  '{x-forwarded-for}i': ['forwarded', isAnything],
  '{host}i': ['host', isWord],
};
