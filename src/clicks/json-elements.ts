const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** White space is skipped in stretches of so many bytes, between which others may use the event loop. */
const STRETCH_BYTES = 65_536;

/** JSON's four kinds of white space. */
export function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/**
 * Finds the first byte from `at` on that is not blank; the end when there is none.
 * @yields undefined after each stretch of blanks
 */
export function* afterBlanks(text: Buffer, at: number): Generator<undefined, number> {
  let place = at;
  while (place < text.length) {
    const stop = Math.min(text.length, place + STRETCH_BYTES);
    while (place < stop && isBlank(text[place])) place++;
    if (place < stop) return place;
    yield undefined;
  }
  return place;
}

/** Where an element begins and ends (the byte after it) in the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The elements of a JSON array, one by one: parsing 64 MiB of brackets at once takes JSON.parse half a minute and
 * gigabytes. It only finds where they lie; whoever parses each of them has checked the whole array.
 * @param start the place of the opening bracket
 * @param limit bytes of an ordinary element; longer ones are found more slowly
 * @yields undefined after each stretch without an element
 * @returns false when the text is no array: not closed, nothing between two commas, more after it
 */
export function* elementSpans(
  text: Buffer,
  start: number,
  limit: number,
): Generator<Span | undefined, boolean> {
  let from = yield* afterBlanks(text, start + 1);
  if (text[from] === 0x5d) return (yield* afterBlanks(text, from + 1)) === text.length;
  for (;;) {
    let end = elementEnd(text, from, limit);
    if (end === text.length) end = yield* longElementEnd(text, from);
    if (end === from || end === text.length) return false;
    yield { start: from, end };
    if (text[end] !== COMMA) {
      return text[end] === 0x5d && (yield* afterBlanks(text, end + 1)) === text.length;
    }
    from = end + 1;
    if (isBlank(text[from])) from = yield* afterBlanks(text, from);
  }
}

/** The place of the comma or bracket that ends the element; the text's end when none does within `limit` bytes. */
function elementEnd(text: Buffer, start: number, limit: number): number {
  let depth = 0;
  const stop = Math.min(text.length, start + limit);
  for (let place = start; place < stop; place++) {
    const byte = text[place] ?? 0;
    if (byte === QUOTE) place = stringEnd(text, place, stop);
    else if (byte === COMMA && depth === 0) return place;
    // Either bracket has a brace 32 places on.
    else if ((byte | 0x20) === 0x7b) depth++;
    else if ((byte | 0x20) === 0x7d && depth-- === 0) return place;
  }
  return text.length;
}

/** The place of the comma or bracket that ends an element of any length; the text's end when none does. */
function* longElementEnd(text: Buffer, start: number): Generator<undefined, number> {
  let depth = 0;
  let isString = false;
  for (let place = start; place < text.length;) {
    const stop = Math.min(text.length, place + STRETCH_BYTES);
    for (; place < stop; place++) {
      const byte = text[place] ?? 0;
      if (isString) {
        if (byte === BACKSLASH) place++;
        else isString = byte !== QUOTE;
      } else if (byte === QUOTE) isString = true;
      else if (byte === COMMA && depth === 0) return place;
      else if ((byte | 0x20) === 0x7b) depth++;
      else if ((byte | 0x20) === 0x7d && depth-- === 0) return place;
    }
    yield undefined;
  }
  return text.length;
}

/** The place of the quote that ends the string; `stop` when none does before. */
function stringEnd(text: Buffer, start: number, stop: number): number {
  for (let place = start + 1; place < stop; place++) {
    if (text[place] === BACKSLASH) place++;
    else if (text[place] === QUOTE) return place;
  }
  return stop;
}
