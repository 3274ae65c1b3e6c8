import { createHash } from 'node:crypto';
import { yielding, slicesOf, timeSlices } from '../../lib/event-loop.ts';

/** Elements of a list that are written together, at most: fewer where they are long. */
const ELEMENTS = 256;
const LONG_CHARACTERS = 65_536;

export const JSON_HEADERS = { 'Content-Type': 'application/json; charset=utf-8' } as const;

/** The JSON of `{"items": […]}`, each of which is made as it is written. */
export async function itemsBytes<Item>(
  items: readonly Item[],
  present: (item: Item) => object,
): Promise<Buffer> {
  function* presented(): Generator<object> {
    for (const item of items) yield present(item);
  }
  return jsonBytes({ items: presented() });
}

/**
 * Writes JSON like `JSON.stringify`, but yields to the event loop now and then: a response can be megabytes. Lists may be any iterable;
 * their elements are made as they are written.
 * @param take called with the number of bytes before they are added; if it throws, writing ends
 */
export async function jsonBytes(value: object, take: (bytes: number) => void = () => {}): Promise<Buffer> {
  const yieldIfDue = timeSlices();
  const pieces: Buffer[] = [];
  for (const text of gathered(jsonOf(value))) {
    const piece = Buffer.from(text);
    take(piece.length);
    pieces.push(piece);
    const due = yieldIfDue();
    if (due !== undefined) await due;
  }
  return Buffer.concat(pieces);
}

/** A hash of a response without its `generated_at`, which is near its beginning. */
export async function tagOf(body: Buffer, generatedAt: string): Promise<string> {
  const at = body.indexOf(generatedAt);
  const hash = createHash('sha256').update(body.subarray(0, at));
  for await (const slice of yielding(slicesOf(body.subarray(at + generatedAt.length)))) hash.update(slice);
  return hash.digest('base64url').slice(0, 27);
}

function* jsonOf(object: object): Generator<string> {
  let text = '{';
  for (const [name, field] of Object.entries(object)) {
    if (field === undefined) continue;
    text += `${text.endsWith('{') ? '' : ','}${JSON.stringify(name)}:`;
    if (isSmall(field)) {
      text += JSON.stringify(field);
      continue;
    }
    yield text;
    yield* isIterable(field) ? listJson(field) : jsonOf(field);
    text = '';
  }
  yield `${text}}`;
}

/** Whether its only lists are those of the query itself. */
function isSmall(field: unknown): boolean {
  return typeof field !== 'object' || field === null || Array.isArray(field);
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}

function* listJson(list: Iterable<unknown>): Generator<string> {
  let before = '[';
  let elements: unknown[] = [];
  let together = 1;
  const written = (): string => {
    const text = before + JSON.stringify(elements).slice(1, -1);
    before = ',';
    elements = [];
    together = text.length > LONG_CHARACTERS ? 1 : Math.min(2 * together, ELEMENTS);
    return text;
  };
  for (const element of list) {
    elements.push(element);
    if (elements.length >= together) yield written();
  }
  if (elements.length > 0 || before === '[') yield written();
  yield ']';
}

const PIECE_CHARACTERS = 65_536;

function* gathered(texts: Iterable<string>): Generator<string> {
  let piece = '';
  for (const text of texts) {
    piece += text;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}
