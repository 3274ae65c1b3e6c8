import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import type { z } from 'zod';
import { AppError, invalid, unavailable } from '../errors.ts';
import { inTurns } from '../turns.ts';
import type { Context } from './context.ts';

/** How much of a body that is too large is still read and thrown away, so that its sender can read the answer. */
const DRAIN_BYTES = 256 * 1024 * 1024;

/** Bodies that this process holds at once, in bytes after decompression. */
const HELD_BYTES = 256 * 1_048_576;

const held = { bytes: 0 };

/**
 * Hands the body of a request, decompressed, to `work`, and keeps count of it until that is done.
 * @param limit bytes after decompression
 * @throws AppError 413 over the limit, 415 for an encoding other than gzip, 400 for gzip that does not unpack, 503 when
 * too much is held for others
 */
export async function withBody<T>(
  request: IncomingMessage,
  limit: number,
  work: (body: Buffer) => T | Promise<T>,
): Promise<T> {
  let own = 0;
  const hold = (bytes: number): void => {
    if (own + bytes > limit) throw tooLarge(limit);
    if (held.bytes + bytes > HELD_BYTES) {
      throw unavailable('Too many large bodies are being sent at once: try again in a while.');
    }
    own += bytes;
    held.bytes += bytes;
  };
  try {
    return await work(await readBody(request, hold));
  } finally {
    held.bytes -= own;
  }
}

/** @param hold told of each piece before it is kept; throws when there is no room for it */
async function readBody(request: IncomingMessage, hold: (bytes: number) => void): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding !== 'gzip' && encoding !== 'identity') {
    throw new AppError('unsupported_media_type', 'Content-Encoding must be gzip or absent.');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of encoding === 'gzip'
      ? gunzipped(request)
      : request.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      hold(chunk.length);
      size += chunk.length;
      chunks.push(chunk);
    }
  } catch (error) {
    await drain(request);
    throw error;
  }
  return concatenated(chunks, size);
}

async function concatenated(chunks: readonly Buffer[], size: number): Promise<Buffer> {
  const whole = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for await (const chunk of inTurns(chunks)) at += chunk.copy(whole, at);
  return whole;
}

async function* gunzipped(request: IncomingMessage): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  request.once('error', (error) => gunzip.destroy(error));
  request.once('aborted', () => gunzip.destroy(new Error('aborted')));
  let received = 0;
  request.on('data', (chunk: Buffer) => (received += chunk.length));
  request.pipe(gunzip);
  try {
    for await (const chunk of gunzip) if (Buffer.isBuffer(chunk)) yield chunk;
  } catch (cause) {
    // No bytes at all are an empty body, packed or not.
    if (received === 0) return;
    throw new AppError('validation_error', 'The body is not whole gzip data.', { field: 'body', cause });
  } finally {
    request.unpipe(gunzip);
    gunzip.destroy();
  }
}

function tooLarge(limit: number): AppError {
  return new AppError(
    'payload_too_large',
    `The body is larger than ${limit / 1_048_576} MiB: send it in parts.`,
  );
}

async function drain(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  let size = 0;
  await new Promise<void>((resolve) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > DRAIN_BYTES) resolve();
    });
    request.once('end', resolve);
    request.once('close', resolve);
    request.once('error', () => resolve());
    request.resume();
  });
}

const SMALL_BODY = 1_048_576;

/**
 * A small JSON body that fits a schema; no body at all counts as an empty object.
 * @throws AppError 415 for another content type, 400 with the field that does not fit
 */
export async function readJson<Schema extends z.ZodType>(
  ctx: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  return withBody(ctx.req, SMALL_BODY, (body) => parseBody(ctx, schema, body));
}

/** Other bytes would all become U+FFFD, and two names one. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseBody<Schema extends z.ZodType>(ctx: Context, schema: Schema, body: Buffer): z.output<Schema> {
  if (body.length > 0 && ctx.request.type.toLowerCase() !== 'application/json') {
    throw new AppError('unsupported_media_type', 'Content-Type must be application/json.');
  }
  let value: unknown = {};
  try {
    if (body.length > 0) value = JSON.parse(UTF_8.decode(body));
  } catch {
    throw invalid('body', 'The body is not JSON in UTF-8.');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    const unknown = issue.keys[0] ?? 'body';
    throw invalid(unknown, `${unknown} is not a field of this request.`);
  }
  const field = issue?.path[0] === undefined ? 'body' : String(issue.path[0]);
  throw invalid(field, `${field} ${issue?.message ?? 'is wrong'}.`);
}
