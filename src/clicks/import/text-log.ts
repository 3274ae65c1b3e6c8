import type { LogFormat } from './import-format.ts';
import { compileNotation } from './log-notation.ts';
import { lineMatcher } from './log-pattern.ts';
import { parseLogTime } from './log-time.ts';
import type { LoggedRequest } from './logged-request.ts';

/** What of a text log's format is not in its notation. */
interface TextLogOptions {
  readonly description: string;
  readonly endings?: readonly string[];
  /** Lines may have more fields than the notation names. */
  readonly hasTrailing?: boolean;
}

/**
 * The format of a log whose lines are text, in nginx's or Apache's notation.
 * @throws NotationError for a notation that does not tell what a click needs
 */
export function textLog(
  notation: string,
  { description, endings = [], hasTrailing = false }: TextLogOptions,
): LogFormat {
  const { match, reader } = lineMatcher(compileNotation(notation, hasTrailing));
  const [request, method, target, path] = [
    reader('request'),
    reader('method'),
    reader('target'),
    reader('path'),
  ];
  const [status, time, host] = [reader('status'), reader('time'), reader('host')];
  const [ip, forwarded, referrer] = [reader('ip'), reader('forwarded'), reader('referrer')];
  const userAgent = reader('userAgent');
  const parse = (line: string): LoggedRequest | undefined => {
    if (!match(line)) return undefined;
    const whole = request();
    const blank = whole === undefined ? -1 : whole.indexOf(' ');
    const decoded = path();
    return {
      method: whole === undefined ? method() : whole.slice(0, Math.max(0, blank)),
      target: whole === undefined ? (target() ?? decoded ?? '') : targetOf(whole, blank + 1),
      isDecoded: decoded !== undefined,
      escapes: 'backslash',
      status: Number(status()),
      time: timeOf(time()),
      ip: ip(),
      forwarded: forwarded(),
      referrer: referrer(),
      userAgent: userAgent(),
      host: host(),
    };
  };
  return { kind: 'log', description, endings, parse };
}

const PROTOCOL = /^\d+(?:\.\d+)?$/;

/** The target in a request line, which ends with the protocol except in HTTP/0.9. */
function targetOf(request: string, start: number): string {
  const end = request.lastIndexOf(' HTTP/');
  const hasProtocol = end >= start && PROTOCOL.test(request.slice(end + ' HTTP/'.length));
  return hasProtocol ? request.slice(start, end) : request.slice(start);
}

const SLASH = 0x2f;

/** Web servers' own notation is converted here; ISO 8601 and Unix time are what clicks may have. */
function timeOf(time: string | undefined): string | undefined | null {
  return time?.charCodeAt(2) === SLASH ? (parseLogTime(time) ?? null) : time;
}
