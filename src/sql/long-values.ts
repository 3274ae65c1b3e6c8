import { type Param, type Sql, join, param, sql } from './sql.ts';

/** ClickHouse accepts parameters of at most 131,072 bytes in their written form. */
const MOST_BYTES = 120_000;

/**
 * Splits a text, or list of texts, that is too long for one parameter into several; undefined if it is not too long.
 */
export function inPieces({ type, value }: Param): Sql | undefined {
  if (type === 'String' && typeof value === 'string') return textInPieces(value);
  if (type === 'Array(String)' && Array.isArray(value)) return listInPieces(value);
  return undefined;
}

function textInPieces(text: string): Sql | undefined {
  if (writtenBytes(text) <= MOST_BYTES) return undefined;
  const pieces: string[] = [];
  let piece = '';
  // A character has at most four bytes, each written as at most two.
  for (const character of text) {
    piece += character;
    if (piece.length < MOST_BYTES / 8) continue;
    pieces.push(piece);
    piece = '';
  }
  pieces.push(piece);
  return sql`concat(${join(pieces.map(textParam), ', ')})`;
}

function listInPieces(texts: readonly string[]): Sql | undefined {
  const lists: Sql[] = [];
  let list: string[] = [];
  let bytes = 0;
  const end = (): void => {
    if (list.length > 0) lists.push(sql`${param('Array(String)', list)}`);
    list = [];
    bytes = 0;
  };
  for (const text of texts) {
    const long = textInPieces(text);
    if (bytes + writtenBytes(text) > MOST_BYTES) end();
    if (long === undefined) list.push(text);
    else lists.push(sql`[${long}]`);
    bytes += long === undefined ? writtenBytes(text) : 0;
  }
  if (lists.length === 0) return undefined;
  end();
  return sql`arrayConcat(${join(lists, ', ')})`;
}

/** The most bytes that a text can have in its written form, with quotes and a comma. */
function writtenBytes(text: string): number {
  return 2 * Buffer.byteLength(text) + 3;
}

function textParam(text: string): Sql {
  return sql`${param('String', text)}`;
}
