import { isUtf8 } from 'node:buffer';
import { hostName } from '../../../lib/host-name.ts';

/** How a log writes what its own syntax has no place for: `\xC3`, `\"` and `\\` in text logs; `none` where it is decoded. */
export type LogEscapes = 'backslash' | 'none';

/** The code of the link at `/`. */
const ROOT_CODE = 'index';

const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;

/**
 * The short code that a request target asks for: its path without the leading slash and the query, decoded once. Bytes that
 * are not UTF-8 stay in percent form. `/` is `index`, and an absolute target (`http://go.example/promo`) its path.
 * @param isDecoded the server has decoded its percent escapes already
 */
export function shortCodeOf(target: string, escapes: LogEscapes, isDecoded: boolean): string {
  const path = pathOf(target);
  const code = path.startsWith('/') ? path.slice(1) : path;
  if (code === '') return path === '' ? '' : ROOT_CODE;
  const hasPercents = !isDecoded && code.includes('%');
  const hasBackslashes = escapes === 'backslash' && code.includes('\\');
  if (!hasPercents && !hasBackslashes) return code;
  const logged = hasBackslashes ? withoutBackslashes(Buffer.from(code)) : Buffer.from(code);
  return textOf(hasPercents ? withoutPercents(logged) : logged);
}

function pathOf(target: string): string {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  if (path.startsWith('/')) return path;
  const origin = ABSOLUTE.exec(path)?.[0];
  return origin === undefined ? path : path.slice(origin.length) || '/';
}

/** The host of an absolute target, without the port; undefined for a path. */
export function authorityOf(target: string): string | undefined {
  const authority = target.startsWith('/') ? undefined : ABSOLUTE.exec(target)?.[1];
  return authority === undefined ? undefined : hostName(authority);
}

/** A text without a log's backslash escapes. Bytes that are not UTF-8 are in percent form. */
export function withoutEscapes(text: string): string {
  return text.includes('\\') ? textOf(withoutBackslashes(Buffer.from(text))) : text;
}

const BACKSLASH = 0x5c;
const PERCENT = 0x25;
const LOWER_X = 0x78;

/** What Apache writes after a backslash for control characters; any other character stands for itself. */
const CONTROLS: ReadonlyMap<number, number> = new Map(
  [...'b\bn\nr\rt\tv\v'.matchAll(/(.)(.)/gs)].map(([, name = '', control = '']) => [
    name.charCodeAt(0),
    control.charCodeAt(0),
  ]),
);

/** Replaces the log's escapes, in place. */
function withoutBackslashes(bytes: Buffer): Buffer {
  let length = 0;
  for (let at = 0; at < bytes.length; length++) {
    const byte = bytes[at] ?? 0;
    const next = bytes[at + 1];
    const hex = byte === BACKSLASH && next === LOWER_X ? hexByte(bytes, at + 2) : undefined;
    if (hex !== undefined) {
      bytes[length] = hex;
      at += 4;
    } else if (byte === BACKSLASH && next !== undefined) {
      bytes[length] = CONTROLS.get(next) ?? next;
      at += 2;
    } else {
      bytes[length] = byte;
      at++;
    }
  }
  return bytes.subarray(0, length);
}

/** Replaces percent escapes, in place; what is none stays. */
function withoutPercents(bytes: Buffer): Buffer {
  let length = 0;
  for (let at = 0; at < bytes.length; length++) {
    const byte = bytes[at] ?? 0;
    const decoded = byte === PERCENT ? hexByte(bytes, at + 1) : undefined;
    bytes[length] = decoded ?? byte;
    at += decoded === undefined ? 1 : 3;
  }
  return bytes.subarray(0, length);
}

function hexByte(bytes: Buffer, at: number): number | undefined {
  const [high, low] = [hexDigit(bytes[at]), hexDigit(bytes[at + 1])];
  return high === undefined || low === undefined ? undefined : high * 16 + low;
}

function hexDigit(byte = 0): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : undefined;
}

function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString() : replaceInvalid(bytes, percentEscape).toString();
}

/** `%E9`, as short codes have a byte that is not UTF-8. */
export function percentEscape(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** UTF-8, with a text in the place of each byte that is not. */
export function replaceInvalid(bytes: Buffer, replacement: (byte: number) => string): Buffer {
  const pieces: Buffer[] = [];
  let validFrom = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      pieces.push(bytes.subarray(validFrom, at), Buffer.from(replacement(bytes[at] ?? 0)));
      validFrom = at + 1;
    }
    at += Math.max(1, length);
  }
  return Buffer.concat([...pieces, bytes.subarray(validFrom)]);
}

/** How many bytes the character at `at` has; 0 where there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
