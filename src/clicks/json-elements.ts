const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** JSON's four kinds of white space. */
function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Where the first byte from `at` on that is not blank stands; the end when there is none. */
export function afterBlanks(text: Buffer, at: number): number {
  let place = at;
  while (isBlank(text[place])) place++;
  return place;
}

/** Where an element begins and ends (the byte behind it) in the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The elements of a JSON array, one by one: parsing 64 MiB of brackets at once takes JSON.parse half a minute and
 * gigabytes. It only finds where they lie; whoever parses each of them has checked the whole array.
 * @param start the place of the opening bracket
 * @param limit bytes of one element
 * @returns false when the text is no array of such elements: not closed, nothing between two commas, more behind it
 */
export function* elementSpans(text: Buffer, start: number, limit: number): Generator<Span, boolean> {
  let from = afterBlanks(text, start + 1);
  if (text[from] === 0x5d) return afterBlanks(text, from + 1) === text.length;
  for (;;) {
    const end = elementEnd(text, from, limit);
    if (end === from || end === text.length) return false;
    yield { start: from, end };
    if (text[end] !== COMMA) return text[end] === 0x5d && afterBlanks(text, end + 1) === text.length;
    from = afterBlanks(text, end + 1);
  }
}

/** The place of the comma or bracket that ends the element; the text's end when none does within `limit` bytes. */
function elementEnd(text: Buffer, start: number, limit: number): number {
  let depth = 0;
  const stop = Math.min(text.length, start + limit);
  for (let place = start; place < stop; place++) {
    const byte = text[place] ?? 0;
    if (byte === QUOTE) place = stringEnd(text, place);
    else if (byte === COMMA && depth === 0) return place;
    // Either bracket has a brace 32 places on.
    else if ((byte | 0x20) === 0x7b) depth++;
    else if ((byte | 0x20) === 0x7d && depth-- === 0) return place;
  }
  return text.length;
}

/** The place of the quote that ends the string. */
function stringEnd(text: Buffer, start: number): number {
  for (let place = start + 1; place < text.length; place++) {
    if (text[place] === BACKSLASH) place++;
    else if (text[place] === QUOTE) return place;
  }
  return text.length;
}
