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

/** Found also in a content type that is not well-formed: to pass over it would be to read other text than was sent. */
const PARAMETER = /;\s*charset\s*=\s*"?([^";]*)/i;

/**
 * The charset of a body.
 * @param contentType the header; empty where there is none
 * @throws AppError 415 for one that is not decoded
 */
export function charsetOf(contentType: string): Charset {
  return parseCharset(charsetName(contentType));
}

/**
 * The encoding of a file that a body is, by the charset that the content type names.
 * @returns as `TextDecoder` names it; undefined where none is named
 * @throws AppError 415 for one that is not known
 */
export function fileEncodingOf(contentType: string): string | undefined {
  const name = charsetName(contentType);
  if (name === '') return undefined;
  try {
    return new TextDecoder(name).encoding;
  } catch (cause) {
    throw new AppError('unsupported_media_type', 'The charset of Content-Type is not a known one.', {
      cause,
    });
  }
}

function charsetName(contentType: string): string {
  return PARAMETER.exec(contentType)?.[1]?.trim() ?? '';
}

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

/** Turns a body into UTF-8, piece by piece. */
export interface Utf8Converter {
  readonly convert: (piece: Buffer) => Buffer;
  /** To be called after the last piece. @returns U+FFFD where that ends within a character */
  readonly end: () => Buffer;
}

const NOTHING = Buffer.alloc(0);

export function utf8Converter(charset: Charset): Utf8Converter {
  switch (charset) {
    case 'utf8':
      return { convert: (piece) => piece, end: () => NOTHING };
    case 'latin1':
      return { convert: (piece) => Buffer.from(piece.toString(charset)), end: () => NOTHING };
    case 'utf16le': {
      // Node's `StringDecoder` loses a surrogate pair that is cut before its last byte.
      const decoder = new TextDecoder('utf-16le');
      return {
        convert: (piece) => Buffer.from(decoder.decode(piece, { stream: true })),
        end: () => Buffer.from(decoder.decode()),
      };
    }
    default:
      return assertNever(charset);
  }
}
