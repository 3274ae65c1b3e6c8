import { ElementCutter } from './element-cutter.ts';

const LINE_FEED = 0x0a;
const OPENING_BRACKET = 0x5b;
const ARRAY_AT_LINE = Buffer.from('\n[');
/** What may follow the bracket of an array of objects: a brace, or blanks and line ends. */
const FOLLOWERS: ReadonlySet<number> = new Set(Buffer.from('{ \t\r\n'));

/**
 * Passes lines on as they are, up to the first that begins an array of objects, since files may have been joined: from there on,
 * each element is a line.
 */
export class LinePasser {
  #elements: ElementCutter | undefined;
  #isLineBegun = false;
  /** A bracket at the end of a piece, of which is not known yet what follows. */
  #held: Buffer = Buffer.alloc(0);

  pass(piece: Buffer): Buffer {
    if (this.#elements !== undefined) return this.#elements.cut(piece);
    const bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const bracket = this.#findBracket(bytes);
    const lines = bytes.subarray(0, bracket);
    const rest = bytes.subarray(bracket);
    const last = lines.at(-1);
    if (last !== undefined) this.#isLineBegun = last !== LINE_FEED;
    if (rest.length > 1) {
      this.#elements = new ElementCutter('array or objects');
      return Buffer.concat([lines, this.#elements.cut(rest)]);
    }
    this.#held = rest;
    return lines;
  }

  /** The place of a bracket that begins an array, or may do so; that of the end where there is none. */
  #findBracket(bytes: Buffer): number {
    if (!this.#isLineBegun && bytes[0] === OPENING_BRACKET && mayBeginArray(bytes, 0)) return 0;
    for (let at = bytes.indexOf(ARRAY_AT_LINE); at !== -1; at = bytes.indexOf(ARRAY_AT_LINE, at + 1))
      if (mayBeginArray(bytes, at + 1)) return at + 1;
    return bytes.length;
  }
}

function mayBeginArray(bytes: Buffer, bracket: number): boolean {
  const follower = bytes[bracket + 1];
  return follower === undefined || FOLLOWERS.has(follower);
}
