const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const LINE_FEED = 0x0a;
const BLANK = 0x20;

/** What is an element: each object, or those of an array around them; or those of any list, whatever is around that. */
type Elements = 'array or objects' | 'lists in objects';

/** Writes each element of one or more JSON texts as a line. What is no JSON stays for the parser to reject. */
export class ElementCutter {
  readonly #isAround: boolean;
  #depth = 0;
  /** 1 inside an array of elements. */
  #base = 0;
  #isInString = false;
  #isEscaped = false;
  #isLineBegun = false;

  constructor(elements: Elements) {
    this.#isAround = elements === 'lists in objects';
  }

  cut(piece: Buffer): Buffer {
    // Each closing bracket may need a line feed after it.
    const lines = Buffer.allocUnsafe(2 * piece.length);
    let length = 0;
    for (const byte of piece) {
      if (this.#isInString) {
        if (!this.#isOutside()) lines[length++] = byte;
        this.#passString(byte);
      } else if (byte <= BLANK) {
        if (this.#isLineBegun) lines[length++] = BLANK;
      } else if (byte === OPENING_BRACKET && this.#isBetweenTexts()) {
        this.#depth = this.#base = 1;
      } else if (this.#isOutside()) {
        this.#isInString = byte === QUOTE;
      } else if (this.#endsElement(byte)) {
        if (this.#isLineBegun) lines[length++] = LINE_FEED;
        this.#isLineBegun = false;
        if (byte === CLOSING_BRACKET) this.#base = this.#depth = 0;
      } else {
        lines[length++] = byte;
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

  /** Where an array may begin: before the first text, or after one, since files may have been joined. */
  #isBetweenTexts(): boolean {
    return this.#base === 0 && this.#depth === 0 && !this.#isLineBegun;
  }

  /** Around the lists whose elements are wanted. */
  #isOutside(): boolean {
    return this.#isAround && this.#base === 0;
  }

  /** A comma between elements, or the bracket after the last. */
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
    else if (isClosing(byte)) this.#depth = Math.max(this.#base, this.#depth - 1);
    // Either bracket has a brace 32 places on.
    else if ((byte | 0x20) === 0x7b) this.#depth++;
  }
}

function isClosing(byte: number): boolean {
  return (byte | 0x20) === 0x7d;
}
