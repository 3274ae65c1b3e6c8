import { AppError, assertNever } from '../../errors.ts';

/** Node's names of the charsets that a body may be in, by those that content types have. */
const CHARSETS = {
  'utf-8': 'utf8',
  utf8: 'utf8',
  'us-ascii': 'utf8',
  'iso-8859-1': 'latin1',
  latin1: 'latin1',
  'utf-16le': 'utf16le',
} as const;

export type Charset = (typeof CHARSETS)[keyof typeof CHARSETS];

const BY_NAME: ReadonlyMap<string, Charset> = new Map(Object.entries(CHARSETS));

/**
 * @param name as the content type says it; empty where it does not
 * @throws AppError 415 for one that is not decoded
 */
export function parseCharset(name: string): Charset {
  const charset = name === '' ? 'utf8' : BY_NAME.get(name.toLowerCase());
  if (charset !== undefined) return charset;
  throw new AppError(
    'unsupported_media_type',
    'The charset of Content-Type must be utf-8, iso-8859-1 or utf-16le, or absent.',
  );
}

/** Makes a function that is called with the pieces of a body, in order, and turns each into UTF-8. */
export function utf8Converter(charset: Charset): (piece: Buffer) => Buffer {
  switch (charset) {
    case 'utf8':
      return (piece) => piece;
    case 'latin1':
      return (piece) => Buffer.from(piece.toString(charset));
    case 'utf16le': {
      // Node's `StringDecoder` loses a surrogate pair that is cut before its last byte.
      const decoder = new TextDecoder('utf-16le');
      return (piece) => Buffer.from(decoder.decode(piece, { stream: true }));
    }
    default:
      return assertNever(charset);
  }
}
