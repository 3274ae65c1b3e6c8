import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../errors.ts';
import type { FairShare } from '../../fair-share/fair-share.ts';
import type { Lease } from '../../fair-share/share.ts';
import { BodyPieces } from './body-pieces.ts';
import { beginReading } from './body-progress.ts';
import { type Charset, charsetOf, utf8Converter } from './charset.ts';
import { discardRest } from './discard.ts';
import type { Context } from '../request/context.ts';
import { holderOf } from '../request/share-holder.ts';
import type { Services } from '../request/services.ts';

const MAX_DISCARDED_BYTES = 256 * 1024 * 1024;

type Sharing = Pick<Services, 'shares' | 'proxies'>;

export interface BodyRules {
  readonly isPacked: boolean;
  /** What is converted to UTF-8. Default: UTF-8, which is passed on as it is. */
  readonly charset?: Charset;
  /** Bytes after decompression, and after the conversion. */
  readonly limit: number;
}

/**
 * Hands the body of a request, decompressed, to `work`, and counts it against its holder's share until that is done.
 * @throws AppError 503 when the share is used up, and whatever `receive` throws
 */
export async function withBody<T>(
  services: Sharing,
  ctx: Context,
  rules: BodyRules,
  work: (body: Buffer) => T | Promise<T>,
): Promise<T> {
  const { bodyBytes: bodies } = services.shares;
  const lease = bodies.take(holderOf(services, ctx), 0);
  if (lease === undefined) throw bodies.refuse();
  try {
    return await work(await receive(ctx.req, { ...rules, lease, share: bodies }));
  } finally {
    lease.release();
  }
}

/**
 * How a body of text is received.
 * @param limit bytes after decompression, and after the conversion to UTF-8
 * @throws AppError 415 for an encoding other than gzip, or a charset that is not decoded
 */
export function textRules(request: IncomingMessage, limit: number): BodyRules {
  return {
    isPacked: isGzip(request),
    charset: charsetOf(request.headers['content-type'] ?? ''),
    limit,
  };
}

/** Whether a body is compressed. @throws AppError 415 for an encoding other than gzip */
export function isGzip(request: IncomingMessage): boolean {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'gzip' || encoding === 'identity') return encoding === 'gzip';
  throw new AppError('unsupported_media_type', 'Content-Encoding must be gzip or absent.');
}

export interface Reception extends BodyRules {
  /** Grows with the body; released at once when the body is refused. */
  readonly lease: Lease;
  /** The share that the lease belongs to. */
  readonly share: FairShare;
}

/**
 * Receives a whole body.
 * @throws AppError 413 over the limit, 400 for invalid gzip, 503 when the share is used up
 */
export async function receive(
  request: IncomingMessage,
  { isPacked, charset = 'utf8', limit, lease, share }: Reception,
): Promise<Buffer> {
  const progress = beginReading(request);
  const pieces = new BodyPieces();
  try {
    const arriving = isPacked ? gunzipped(request, limit) : request.iterator({ destroyOnReturn: false });
    const toUtf8 = utf8Converter(charset);
    const add = (piece: Buffer): void => {
      if (pieces.length + piece.length > limit) throw tooLarge(limit);
      if (!lease.grow(piece.length)) throw share.refuse();
      pieces.add(piece);
    };
    for await (const received of arriving) {
      if (!Buffer.isBuffer(received)) continue;
      progress.bytes += received.length;
      add(toUtf8.convert(received));
    }
    add(toUtf8.end());
  } catch (error) {
    pieces.clear();
    lease.release();
    await discardRest(request, (bytes) => (progress.bytes += bytes), MAX_DISCARDED_BYTES);
    throw error;
  }
  return pieces.joined();
}

/** @param limit also of the compressed bytes, which can decompress to nothing for ever */
async function* gunzipped(request: IncomingMessage, limit: number): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  request.once('error', (error) => gunzip.destroy(error));
  request.once('aborted', () => gunzip.destroy(new Error('aborted')));
  let received = 0;
  const count = (piece: Buffer): void => {
    received += piece.length;
    if (received > limit) gunzip.destroy(tooLarge(limit));
  };
  request.on('data', count);
  request.pipe(gunzip);
  try {
    for await (const piece of gunzip) if (Buffer.isBuffer(piece)) yield piece;
    // Bytes after the compressed data are ignored.
    request.resume();
  } catch (cause) {
    // No bytes at all are an empty body, compressed or not.
    if (received === 0) return;
    if (cause instanceof AppError) throw cause;
    throw new AppError('validation_error', 'The body is not whole gzip data.', { field: 'body', cause });
  } finally {
    request.off('data', count);
    request.unpipe(gunzip);
    gunzip.destroy();
  }
}

function tooLarge(limit: number): AppError {
  const size = limit < 1_048_576 ? `${limit / 1_024} KiB` : `${limit / 1_048_576} MiB`;
  return new AppError('payload_too_large', `The body is larger than ${size}: send it in parts.`);
}
