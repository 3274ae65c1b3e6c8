const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

interface Open {
  readonly isObject: boolean;
  /** Of an object, those so far. */
  names?: Set<string>;
}

/**
 * A name that an object in a JSON text has twice, of which `JSON.parse` keeps the last without a word.
 * @param json what `JSON.parse` takes
 * @returns the first one; undefined where there is none
 */
export function repeatedName(json: string): string | undefined {
  const outer: (Open | undefined)[] = [];
  let open: Open | undefined;
  let isNameNext = false;
  for (let at = 0; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case OPEN_BRACE:
      case OPEN_BRACKET:
        outer.push(open);
        open = { isObject: json.charCodeAt(at) === OPEN_BRACE };
        isNameNext = open.isObject;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        open = outer.pop();
        break;
      case COMMA:
        isNameNext = open?.isObject === true;
        break;
      case QUOTE: {
        const end = endOfText(json, at);
        if (isNameNext && open !== undefined) {
          const name: string = JSON.parse(json.slice(at, end + 1));
          open.names ??= new Set();
          if (open.names.has(name)) return name;
          open.names.add(name);
        }
        isNameNext = false;
        at = end;
      }
    }
  }
  return undefined;
}

/**
 * As `JSON.parse`, but for a name that an object has twice.
 * @throws SyntaxError also for that
 */
export function parseUnrepeated(json: string): unknown {
  const value: unknown = JSON.parse(json);
  const name = repeatedName(json);
  if (name !== undefined) throw new SyntaxError(`${JSON.stringify(name)} stands twice in one object`);
  return value;
}

/** Where the quote is that ends a text. @param start of the quote that begins it */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  for (let code = json.charCodeAt(at); code !== QUOTE; code = json.charCodeAt(at))
    at += code === BACKSLASH ? 2 : 1;
  return at;
}
