import type { IncomingMessage } from 'node:http';
import type { AppError } from '../../errors.ts';
import { MAX_HEADERS } from '../request/request-limits.ts';
import { NOT_CHUNKED, NOT_HTTP, SENT_TWICE, TOO_LARGE, TOO_SLOW } from '../request/unreadable.ts';

/** Of two values, a proxy in front may have looked at the other one. */
const SINGLE_HEADERS = ['authorization', 'content-type', 'host'];
const SINGLE_LENGTHS = new Set(SINGLE_HEADERS.map((name) => name.length));

/** Why a request is refused by its head, whatever it asks; undefined when it is not. */
export function headRefusal(request: IncomingMessage): AppError | undefined {
  const { headers, httpVersion, httpVersionMajor, rawHeaders } = request;
  if (httpVersionMajor > 1) return NOT_HTTP;
  if (rawHeaders.length > 2 * MAX_HEADERS) return TOO_LARGE;
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined && (encoding.toLowerCase() !== 'chunked' || httpVersion !== '1.1'))
    return NOT_CHUNKED;
  const seen = new Set<string>();
  for (let place = 0; place < rawHeaders.length; place += 2) {
    const given = rawHeaders[place] ?? '';
    if (!SINGLE_LENGTHS.has(given.length)) continue;
    const name = given.toLowerCase();
    if (!SINGLE_HEADERS.includes(name)) continue;
    if (seen.has(name)) return SENT_TWICE;
    seen.add(name);
  }
  return undefined;
}

/** An error of Node's parser; `rawPacket` is what it was parsing. */
export interface ParseError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/** What is said of bytes that Node cannot parse. */
export function parseRefusal(error: ParseError): AppError {
  if (error.code === 'HPE_HEADER_OVERFLOW') return TOO_LARGE;
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return TOO_SLOW;
  const isOfFraming = /^HPE_(INVALID_TRANSFER_ENCODING|(INVALID|UNEXPECTED)_CONTENT_LENGTH)$/;
  return isOfFraming.test(error.code ?? '') && namesOtherEncoding(error) ? NOT_CHUNKED : NOT_HTTP;
}

/** Whether the head that could not be parsed names another transfer encoding than `chunked`. */
function namesOtherEncoding({ rawPacket, bytesParsed = 0 }: ParseError): boolean {
  const text = rawPacket?.toString('latin1') ?? '';
  const begin = text.lastIndexOf('\r\n\r\n', bytesParsed - 4);
  const end = text.indexOf('\r\n\r\n', bytesParsed);
  const head = text.slice(Math.max(0, begin), end === -1 ? undefined : end);
  const encodings = [...head.matchAll(/^transfer-encoding:(.*)$/gim)];
  return encodings.some(([, encoding]) => encoding?.trim().toLowerCase() !== 'chunked');
}
