import { isUtf8 } from 'node:buffer';
import { AppError } from '../errors.ts';
import { isJson } from './json-check.ts';
import { afterBlanks, elementSpans, isBlank } from './json-elements.ts';
import { NO_OBJECT } from './parse-click.ts';

/** One element of a request's body: what it holds, or that it is none. `index` counts from 0, blank lines too. */
export interface BodyItem {
  readonly index: number;
  readonly value: unknown;
}

/** An element; or undefined after a stretch of the body without one, so that the caller can yield to the event loop. */
export type BodyStep = BodyItem | undefined;

/** Stands in for a line that is not JSON; no schema takes it. */
export const NOT_JSON = Symbol('not JSON');
/** Stands in for a line or an element with bytes that are not UTF-8. */
export const NOT_UTF8 = Symbol('not UTF-8');
/** Stands in for a line that does not begin as an object does. */
export const NOT_OBJECT = Symbol('not an object');
/** Stands in for an element that no click fills, and that would take long to parse. */
export const TOO_LARGE = Symbol('too large');

/** Bytes of one click's JSON. All its fields at their longest, every character escaped as `\uXXXX`, take half of that. */
export const CLICK_BYTES = 262_144;

/** What is wrong with an element that has one of these in its place. */
export const NO_CLICKS: ReadonlyMap<symbol, string> = new Map([
  [NOT_JSON, 'is not JSON'],
  [NOT_UTF8, 'is not UTF-8'],
  [NOT_OBJECT, NO_OBJECT],
  [TOO_LARGE, `is larger than ${CLICK_BYTES / 1_024} KiB`],
]);

const LINE_BREAK = 0x0a;
const OPEN_BRACE = 0x7b;

/** Lines are decoded together: one by one that takes longer than parsing them. */
const LINES_BYTES = 65_536;
/** A line that is too long is skipped in stretches of so many bytes. */
const STRETCH_BYTES = 1_048_576;

/** The clicks of an NDJSON body, one a line. Blank lines are skipped but counted. */
export function* ndjsonItems(body: Buffer): Generator<BodyStep> {
  const parse = jsonParser();
  let index = 0;
  for (let at = afterMark(body); at < body.length;) {
    const stop = Math.min(body.length, at + LINES_BYTES);
    while (at < stop && isBlank(body[at])) if (body[at++] === LINE_BREAK) index++;
    if (at < stop) {
      const end = endOfLines(body, at);
      if (end === undefined) {
        yield { index: index++, value: TOO_LARGE };
        at = yield* nextLine(body, at);
      } else {
        index = yield* linesOf(body.subarray(at, end), index, parse);
        at = end;
      }
    }
    yield undefined;
  }
}

/** The position after the complete lines to decode together, or after one longer line; undefined if no click fills it. */
function endOfLines(body: Buffer, start: number): number | undefined {
  if (body.length - start <= LINES_BYTES) return body.length;
  const last = body.subarray(start, start + LINES_BYTES).lastIndexOf(LINE_BREAK);
  if (last !== -1) return start + last + 1;
  const first = body.subarray(start, start + CLICK_BYTES + 1).indexOf(LINE_BREAK);
  if (first !== -1) return start + first + 1;
  return body.length - start <= CLICK_BYTES ? body.length : undefined;
}

/** The position after the next line break. */
function* nextLine(body: Buffer, start: number): Generator<undefined, number> {
  for (let at = start; at < body.length; at += STRETCH_BYTES) {
    const found = body.subarray(at, at + STRETCH_BYTES).indexOf(LINE_BREAK);
    if (found !== -1) return at + found + 1;
    yield undefined;
  }
  return body.length;
}

/** @returns how many line breaks there are up to the end of the lines, counted from `firstIndex` */
function* linesOf(
  lines: Buffer,
  firstIndex: number,
  parse: (line: string) => unknown,
): Generator<BodyItem, number> {
  const text = decode(lines);
  if (text !== undefined) return yield* textLinesOf(text, firstIndex, parse);
  let index = firstIndex;
  for (let at = 0; at < lines.length;) {
    const found = lines.indexOf(LINE_BREAK, at);
    const end = found === -1 ? lines.length : found + 1;
    const line = decode(lines.subarray(at, end));
    if (line === undefined) yield { index: index++, value: NOT_UTF8 };
    else index = yield* textLinesOf(line, index, parse);
    at = end;
  }
  return index;
}

/** The text of the bytes; undefined where they are not UTF-8. */
function decode(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  // Decoding puts U+FFFD in the place of what is not UTF-8, but it may also be there by right.
  return text.includes('\uFFFD') && !isUtf8(bytes) ? undefined : text;
}

function* textLinesOf(
  text: string,
  firstIndex: number,
  parse: (line: string) => unknown,
): Generator<BodyItem, number> {
  let index = firstIndex;
  for (let at = 0; at < text.length;) {
    const first = text.charCodeAt(at);
    if (isBlank(first)) {
      if (first === LINE_BREAK) index++;
      at++;
      continue;
    }
    const found = text.indexOf('\n', at);
    const end = found === -1 ? text.length : found;
    yield { index: index++, value: first === OPEN_BRACE ? parse(text.slice(at, end)) : NOT_OBJECT };
    at = end + 1;
  }
  return index;
}

/**
 * The clicks of a JSON body: one object, or an array of them.
 * @throws AppError 400, once it comes to where the body is not JSON, or when it is neither
 */
export function* jsonItems(body: Buffer): Generator<BodyStep> {
  const parse = jsonParser();
  const start = yield* afterBlanks(body, afterMark(body));
  if (start === body.length) return;
  if (body[start] === OPEN_BRACE) {
    yield { index: 0, value: parseClickJson(body, start, body.length, parse) };
    return;
  }
  if (body[start] !== 0x5b) throw notClicks();
  const spans = elementSpans(body, start, CLICK_BYTES);
  for (let index = 0; ;) {
    const { done, value: span } = spans.next();
    if (done) {
      if (!span) throw notClicks();
      return;
    }
    yield span && { index: index++, value: parseClickJson(body, span.start, span.end, parse) };
  }
}

function notClicks(): AppError {
  return new AppError('validation_error', 'The body must be a JSON object or an array of them.', {
    field: 'body',
  });
}

/** Where the text begins: some programs put a byte order mark before it. */
function afterMark(body: Buffer): number {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
}

function parseClickJson(body: Buffer, start: number, end: number, parse: (text: string) => unknown): unknown {
  if (end - start > CLICK_BYTES) return TOO_LARGE;
  const text = decode(body.subarray(start, end));
  if (text === undefined) return NOT_UTF8;
  const value = parse(text);
  if (value === NOT_JSON) throw notClicks();
  return value;
}

/** Elements that are not JSON before each of a body's is checked without throwing. */
const FAILURES = 100;

/** Parses the elements of one body; what is not JSON is `NOT_JSON`, and cheap even by the million. */
function jsonParser(): (text: string) => unknown {
  let failures = 0;
  return (text) => {
    if (failures >= FAILURES && !isJson(text)) return NOT_JSON;
    try {
      return JSON.parse(text);
    } catch {
      failures++;
      return NOT_JSON;
    }
  };
}
