import type { FieldFormat } from './import-format.ts';
import { parseObject } from './json-object.ts';
import { NDJSON } from './ndjson.ts';

export const JSON_FILE: FieldFormat = {
  kind: 'fields',
  description: 'a JSON array of such objects, or objects over several lines; lines are counted as objects',
  endings: ['.json'],
  parseHeader: undefined,
  isQuoted: false,
  recognises: isJsonFile,
  toLines: () => {
    const cutter = new ElementCutter();
    return (piece) => cutter.cut(piece);
  },
  parse: NDJSON.parse,
};

/** Whether the text is JSON whose first object is not a line by itself. */
function isJsonFile(text: string): boolean {
  const start = text.trimStart();
  if (start.startsWith('{') ? isWholeLine(start) : !start.startsWith('[')) return false;
  const [first = ''] = new ElementCutter().cut(Buffer.from(start)).toString('utf8').split('\n', 1);
  const element = parseObject(first);
  return element !== undefined && 'short_code' in element;
}

function isWholeLine(start: string): boolean {
  const [first = ''] = start.split('\n', 1);
  return parseObject(first) !== undefined;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const LINE_FEED = 0x0a;
const BLANK = 0x20;

/** Writes each element of an array, or each object of several, as a line. What is no JSON stays for the parser to reject. */
class ElementCutter {
  #depth = 0;
  /** 1 inside an array of elements. */
  #base = 0;
  #isInString = false;
  #isEscaped = false;
  #isLineBegun = false;
  #isStart = true;

  cut(piece: Buffer): Buffer {
    // Each closing bracket may need a line feed behind it.
    const lines = Buffer.allocUnsafe(2 * piece.length);
    let length = 0;
    for (const byte of piece) {
      if (this.#isInString) {
        lines[length++] = byte;
        this.#passString(byte);
      } else if (byte <= BLANK) {
        if (this.#isLineBegun) lines[length++] = BLANK;
      } else if (this.#isStart && byte === OPENING_BRACKET) {
        this.#isStart = false;
        this.#depth = this.#base = 1;
      } else if (this.#endsElement(byte)) {
        if (this.#isLineBegun) lines[length++] = LINE_FEED;
        this.#isLineBegun = false;
      } else {
        lines[length++] = byte;
        this.#isStart = false;
        this.#isLineBegun = true;
        this.#passStructure(byte);
        if (this.#depth === this.#base && isClosing(byte)) {
          lines[length++] = LINE_FEED;
          this.#isLineBegun = false;
        }
      }
    }
    return lines.subarray(0, length);
  }

  /** A comma between elements, or the bracket behind the last. */
  #endsElement(byte: number): boolean {
    return this.#depth === this.#base && (byte === COMMA || (this.#base === 1 && byte === CLOSING_BRACKET));
  }

  #passString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInString = false;
  }

  #passStructure(byte: number): void {
    if (byte === QUOTE) this.#isInString = true;
    else if (isClosing(byte)) this.#depth--;
    // Either bracket has a brace 32 places on.
    else if ((byte | 0x20) === 0x7b) this.#depth++;
  }
}

function isClosing(byte: number): boolean {
  return (byte | 0x20) === 0x7d;
}
