import { findIp } from '../../../lib/ip.ts';
import type { ImportedRecord } from './imported-record.ts';
import { type LogEscapes, authorityOf, shortCodeOf, withoutEscapes } from './request-path.ts';

/** A request as a web server logs it. Every log format comes down to this; what is undefined is not logged. */
export interface LoggedRequest {
  readonly method: string | undefined;
  /** The target as the client sent it, or a path that the server has decoded. */
  readonly target: string;
  readonly isDecoded: boolean;
  /** What follows the target's question mark, where that is logged apart from it. */
  readonly query: string | undefined;
  readonly escapes: LogEscapes;
  readonly status: number;
  /** As clicks have it; null where the line has one that is impossible. */
  readonly time: string | number | undefined | null;
  readonly ip: string | undefined;
  /** A list of addresses, each added by the proxy that saw it (`X-Forwarded-For`). */
  readonly forwarded: string | undefined;
  readonly referrer: string | undefined;
  readonly userAgent: string | undefined;
  readonly acceptLanguage: string | undefined;
  readonly host: string | undefined;
}

/** How logged requests become clicks. */
export interface LogOptions {
  /** How many proxies are in front of the server: the visitor's address is that many places from the right of those forwarded. */
  readonly trustProxy: number;
  /** Statuses that are clicks; undefined: all below 400. */
  readonly statuses: ReadonlySet<number> | undefined;
}

const ERROR_STATUS = 400;

/** The click of a request, or why it is none. What counts as a click is decided here for every log format. */
export function clickOfRequest(request: LoggedRequest, options: LogOptions): ImportedRecord {
  if (request.time === null) return IMPOSSIBLE_TIME;
  if (request.method !== 'GET') return skipped('method is not GET', request);
  if (request.status >= ERROR_STATUS) return skipped('status is 400 or above', request);
  if (options.statuses?.has(request.status) === false) return skipped('status is not in --status', request);
  const host = hostOf(request);
  return {
    kind: 'click',
    value: {
      short_code: shortCodeOf(request.target, request.escapes, request.isDecoded),
      clicked_at: request.time,
      ip: visitorAddress(request, options.trustProxy),
      referrer: headerOf(request.referrer, request.escapes),
      user_agent: headerOf(request.userAgent, request.escapes),
      accept_language: languagesOf(request),
      domain: host,
      url: queryOf(request),
    },
    host,
  };
}

/**
 * A header as the client sent it, so that one request is the same click in every server's log. Text logs write `-` where
 * there is none.
 */
function headerOf(logged: string | undefined, escapes: LogEscapes): string | undefined {
  if (logged === '-') return undefined;
  return logged !== undefined && escapes === 'backslash' ? withoutEscapes(logged) : logged;
}

/** What many programs send as `Accept-Language`. */
const ANY_LANGUAGE = '*';

function languagesOf({ acceptLanguage, escapes }: LoggedRequest): string | undefined {
  return acceptLanguage === ANY_LANGUAGE ? undefined : headerOf(acceptLanguage, escapes);
}

/** The host that was asked: the one that is logged, else that of an absolute target (`http://go.example/promo`). */
function hostOf({ host = '', target }: LoggedRequest): string | undefined {
  return NO_HOSTS.has(host) ? authorityOf(target) : host;
}

/** What logs write where there is no host, and nginx's name for a server of any host. */
const NO_HOSTS: ReadonlySet<string> = new Set(['', '-', '_']);

/** The query behind a question mark: a link's URL as far as it tells a campaign. */
function queryOf({ target, query, escapes }: LoggedRequest): string | undefined {
  const start = target.indexOf('?');
  const logged = start === -1 ? query?.replace(/^\?/, '') : target.slice(start + 1);
  if (logged === undefined || logged === '' || logged === '-') return undefined;
  return `?${escapes === 'backslash' ? withoutEscapes(logged) : logged}`;
}

const IMPOSSIBLE_TIME: ImportedRecord = { kind: 'rejected', reason: 'impossible date or time' };

function skipped(reason: string, { time }: LoggedRequest): ImportedRecord {
  return { kind: 'skipped', reason, time };
}

/** A header with fewer entries did not pass these proxies: the address of the connection counts. */
function visitorAddress({ ip, forwarded }: LoggedRequest, proxies: number): string | undefined {
  if (proxies === 0 || forwarded === undefined) return ip;
  return findIp(forwarded.split(',').at(-proxies) ?? '') ?? ip;
}
