import { AppError } from '../errors.ts';

/** One element of a request's body: what it holds, or that it is not JSON. `index` counts from 0, blank lines too. */
export interface BodyItem {
  readonly index: number;
  readonly value: unknown;
}

const LINE_BREAK = 10;

/** Stands in for a line that is not JSON; no schema takes it. */
export const NOT_JSON = Symbol('not JSON');

/** The clicks of an NDJSON body, one a line. Blank lines are passed over but counted. */
export function* ndjsonItems(body: Buffer): Generator<BodyItem> {
  let start = afterMark(body);
  for (let index = 0; start < body.length; index++) {
    // A body of line breaks alone would otherwise take seconds.
    while (body[start] === LINE_BREAK) {
      start++;
      index++;
    }
    if (start >= body.length) return;
    const found = body.indexOf(LINE_BREAK, start);
    const end = found === -1 ? body.length : found;
    const line = body.toString('utf8', start, end);
    start = end + 1;
    if (line.trim() !== '') yield { index, value: parseJson(line) };
  }
}

/**
 * The clicks of a JSON body: one object, or an array of them.
 * @throws AppError 400 when it is not JSON, or neither
 */
export function jsonItems(body: Buffer): readonly BodyItem[] {
  const text = body.toString('utf8', afterMark(body));
  if (text.trim() === '') return [];
  const value = parseJson(text);
  if (Array.isArray(value)) return value.map((element: unknown, index) => ({ index, value: element }));
  if (typeof value === 'object' && value !== null) return [{ index: 0, value }];
  throw new AppError('validation_error', 'The body must be a JSON object or an array of them.', {
    field: 'body',
  });
}

/** Where the text begins: some programs put a byte order mark before it. */
function afterMark(body: Buffer): number {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}
