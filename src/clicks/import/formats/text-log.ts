import type { LogFormat } from './import-format.ts';
import { compileNotation } from './log-notation.ts';
import { lineMatcher } from './log-pattern.ts';
import { timeOf } from './log-time.ts';
import type { LoggedRequest } from './logged-request.ts';
import { methodOf, targetOf } from './request-line.ts';

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
  const [userAgent, acceptLanguage, query] = [reader('userAgent'), reader('acceptLanguage'), reader('query')];
  const parse = (line: string): LoggedRequest | undefined => {
    if (!match(line)) return undefined;
    const whole = request();
    const decoded = path();
    return {
      method: whole === undefined ? method() : methodOf(whole),
      target: whole === undefined ? (target() ?? decoded ?? '') : targetOf(whole),
      isDecoded: decoded !== undefined,
      query: query(),
      escapes: 'backslash',
      status: Number(status()),
      time: timeOf(time()),
      ip: ip(),
      forwarded: forwarded(),
      referrer: referrer(),
      userAgent: userAgent(),
      acceptLanguage: acceptLanguage(),
      host: host(),
    };
  };
  return { kind: 'log', description, endings, parse };
}
