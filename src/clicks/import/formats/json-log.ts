import type { LogFormat } from './import-format.ts';
import { type JsonObject, isObject, parseObject } from '../../../lib/json-object.ts';
import { timeOf } from './log-time.ts';
import type { LoggedRequest } from './logged-request.ts';
import { methodOf, targetOf } from './request-line.ts';

/** Where a JSON log has the parts of a request: names, with dots in those of nested objects. The first that is there counts. */
export interface JsonLogNames {
  /** Method, target and protocol in one. */
  readonly request?: readonly string[];
  readonly method: readonly string[];
  readonly target: readonly string[];
  /** The target's query, where the target is without. */
  readonly query?: readonly string[];
  readonly status: readonly string[];
  readonly time: readonly string[];
  readonly ip: readonly string[];
  readonly forwarded: readonly string[];
  readonly referrer: readonly string[];
  readonly userAgent: readonly string[];
  readonly acceptLanguage: readonly string[];
  readonly host: readonly string[];
}

/** The format of a log whose lines are JSON objects. */
export function jsonLog(names: JsonLogNames, description: string): LogFormat {
  const at = (paths: readonly string[]): ((line: JsonObject) => unknown) => {
    const steps = paths.map((path) => path.split('.'));
    return (line) => firstOf(line, steps);
  };
  const [request, method, target] = [at(names.request ?? []), at(names.method), at(names.target)];
  const [status, time, ip, forwarded] = [at(names.status), at(names.time), at(names.ip), at(names.forwarded)];
  const [referrer, userAgent, host] = [at(names.referrer), at(names.userAgent), at(names.host)];
  const [acceptLanguage, query] = [at(names.acceptLanguage), at(names.query ?? [])];
  const parse = (text: string): LoggedRequest | undefined => {
    const line = parseObject(text);
    if (line === undefined) return undefined;
    const whole = textOf(request(line));
    const code = Number(status(line) ?? Number.NaN);
    const path = whole === undefined ? textOf(target(line)) : targetOf(whole);
    if (path === undefined || !Number.isInteger(code)) return undefined;
    return {
      method: whole === undefined ? textOf(method(line)) : methodOf(whole),
      target: path,
      isDecoded: false,
      query: textOf(query(line)),
      escapes: 'none',
      status: code,
      time: timeOfValue(time(line)),
      ip: textOf(ip(line)),
      forwarded: textOf(forwarded(line)),
      referrer: textOf(referrer(line)),
      userAgent: textOf(userAgent(line)),
      acceptLanguage: textOf(acceptLanguage(line)),
      host: textOf(host(line)),
    };
  };
  return { kind: 'log', description, endings: [], parse };
}

function firstOf(line: JsonObject, paths: readonly (readonly string[])[]): unknown {
  for (const path of paths) {
    let value: unknown = line;
    for (const name of path) value = isObject(value) ? value[name] : undefined;
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

/** A text, or the first of a list, as headers are logged that may come more than once. */
function textOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : undefined;
}

/** From here on a number cannot be Unix time in milliseconds: it is in nanoseconds. */
const FIRST_NANOSECONDS = 1e16;

function timeOfValue(value: unknown): string | number | undefined | null {
  if (typeof value === 'number') return value < FIRST_NANOSECONDS ? value : Math.floor(value / 1e6);
  return typeof value === 'string' ? timeOf(value) : undefined;
}
