import { AppError } from '../errors.ts';
import { afterBlanks, elementSpans } from './json-elements.ts';

/** One element of a request's body: what it holds, or that it is not JSON. `index` counts from 0, blank lines too. */
export interface BodyItem {
  readonly index: number;
  readonly value: unknown;
}

const LINE_BREAK = 10;

/** Stands in for a line that is not JSON; no schema takes it. */
export const NOT_JSON = Symbol('not JSON');
/** Stands in for an element that no click fills, and that would take long to parse. */
export const TOO_LARGE = Symbol('too large');

/** Bytes of one click's JSON. All its fields at their longest, every character escaped, take a quarter of that. */
export const CLICK_BYTES = 262_144;

/** The clicks of an NDJSON body, one a line. Blank lines are passed over but counted. */
export function* ndjsonItems(body: Buffer): Generator<BodyItem> {
  let start = afterMark(body);
  for (let index = 0; start < body.length;) {
    // A body of line breaks alone would otherwise take seconds.
    while (body[start] === LINE_BREAK) {
      start++;
      index++;
    }
    if (start >= body.length) return;
    const end = endOfLines(body, start);
    if (end - start > CLICK_BYTES) {
      if (afterBlanks(body, start) < end) yield { index, value: TOO_LARGE };
      index++;
    } else index = yield* linesOf(body.toString('utf8', start, end), index);
    start = end + 1;
  }
}

/** Lines are turned into text together: one by one that takes longer than parsing them. */
const LINES_BYTES = 65_536;

/** Where the whole lines end that are read together: as many as fit, or one that may be larger. */
function endOfLines(body: Buffer, start: number): number {
  if (body.length - start <= LINES_BYTES) return body.length;
  const last = body.lastIndexOf(LINE_BREAK, start + LINES_BYTES);
  if (last > start) return last;
  const first = body.indexOf(LINE_BREAK, start);
  return first === -1 ? body.length : first;
}

/** @returns the index behind the last line */
function* linesOf(text: string, firstIndex: number): Generator<BodyItem, number> {
  let index = firstIndex;
  // A text that ends with a line break has an empty line behind it.
  for (let start = 0; start <= text.length; index++) {
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    const line = text.slice(start, end);
    start = end + 1;
    if (line === '') continue;
    const value = parseJson(line);
    if (value !== NOT_JSON || !isBlank(line)) yield { index, value };
  }
  return index;
}

function isBlank(line: string): boolean {
  return /^[ \t\r]*$/.test(line);
}

/**
 * The clicks of a JSON body: one object, or an array of them.
 * @throws AppError 400, once it comes to where the body is not JSON, or when it is neither
 */
export function* jsonItems(body: Buffer): Generator<BodyItem> {
  const start = afterBlanks(body, afterMark(body));
  if (start === body.length) return;
  if (body[start] === 0x7b) {
    const value = parseClickJson(body, start, body.length);
    if (value === NOT_JSON) throw notClicks();
    yield { index: 0, value };
    return;
  }
  if (body[start] !== 0x5b) throw notClicks();
  const spans = elementSpans(body, start, CLICK_BYTES);
  for (let index = 0; ; index++) {
    const { done, value: span } = spans.next();
    if (done) {
      if (!span) throw notClicks();
      return;
    }
    const value = parseClickJson(body, span.start, span.end);
    if (value === NOT_JSON) throw notClicks();
    yield { index, value };
  }
}

function notClicks(): AppError {
  return new AppError(
    'validation_error',
    `The body must be a JSON object or an array of them, each of at most ${CLICK_BYTES / 1_024} KiB.`,
    { field: 'body' },
  );
}

/** Where the text begins: some programs put a byte order mark before it. */
function afterMark(body: Buffer): number {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
}

function parseClickJson(body: Buffer, start: number, end: number): unknown {
  if (end - start > CLICK_BYTES) return TOO_LARGE;
  return parseJson(body.toString('utf8', start, end));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}
