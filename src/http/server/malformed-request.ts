import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '../../errors.ts';
import { BODY_DEADLINE_MS } from '../body/body-progress.ts';
import { securityHeaderList } from '../middleware/response-headers.ts';

/** Bytes of a request line with its headers; room for a filter of thousands of values. */
export const MAX_HEADER_BYTES = 131_072;
export const MAX_HEADERS = 2_000;

const unreadable = (status: number, sentence: string): AppError =>
  new AppError('validation_error', sentence, { status });

const TOO_LARGE = unreadable(
  431,
  `The request line and headers are larger than ${MAX_HEADER_BYTES / 1_024} KiB, or there are more than ${MAX_HEADERS.toLocaleString('en-US')} headers.`,
);
export const TOO_SLOW = unreadable(
  408,
  `The request came too slowly, or took longer than ${BODY_DEADLINE_MS / 60_000} minutes: send it in parts.`,
);
const NOT_CHUNKED = unreadable(501, 'Transfer-Encoding must be chunked and nothing else, in HTTP/1.1.');
const NOT_HTTP = unreadable(400, 'The request is not valid HTTP.');
const SENT_TWICE = unreadable(400, 'Authorization, Content-Type and Host may be sent once only.');
export const NO_PROXY = new AppError('method_not_allowed', 'This is no proxy: it does not take CONNECT.');

/** Refusals with a status that only they have. */
export const UNREADABLE: readonly AppError[] = [TOO_SLOW, TOO_LARGE, NOT_CHUNKED];

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

/** Answers a request that no route has begun to answer, and has its connection closed after that. */
export function refuse(response: ServerResponse, { status, message, code, retryAfter }: AppError): void {
  const body = JSON.stringify({ error: message, code });
  response.shouldKeepAlive = false;
  response.writeHead(status, {
    ...Object.fromEntries(securityHeaderList()),
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...(retryAfter === undefined ? {} : { 'Retry-After': retryAfter }),
  });
  response.end(body);
}

/** The same where there is not even a request. No other response may be under way on the connection. */
export function refuseBytes(socket: Socket, error: AppError): void {
  const response = new ServerResponse(new IncomingMessage(socket));
  response.assignSocket(socket);
  response.once('finish', () => {
    response.detachSocket(socket);
    socket.destroySoon();
  });
  refuse(response, error);
}
