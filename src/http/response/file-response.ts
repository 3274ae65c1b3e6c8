import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { failureName } from '../../clickhouse/failures.ts';
import { AppError } from '../../errors.ts';
import type { Context } from '../request/context.ts';
import type { Services } from '../request/services.ts';
import { matchesTag } from './etag.ts';
import { fileRangeOf } from './file-range.ts';

/** A file that does not change under its tag. */
export interface StoredFile {
  readonly file: FileHandle;
  readonly name: string;
  readonly contentType: string;
  readonly tag: string;
}

const READ_BYTES = 262_144;

/**
 * Sends a file or the part of it that the request asks for, and closes it.
 * @throws AppError 416 as long as nothing has been sent; a failure after that breaks the connection
 */
export async function sendFile(
  { log }: Pick<Services, 'log'>,
  ctx: Context,
  { file, name, contentType, tag }: StoredFile,
): Promise<void> {
  try {
    const { size } = await file.stat();
    ctx.set('Accept-Ranges', 'bytes');
    ctx.set('ETag', `"${tag}"`);
    ctx.set('Cache-Control', 'private, no-cache');
    if (matchesTag(ctx.get('If-None-Match'), tag)) {
      ctx.status = 304;
      return;
    }
    const range = isOfThis(ctx.get('If-Range'), tag) ? fileRangeOf(ctx.get('Range'), size) : undefined;
    if (range === 'unsatisfiable') {
      ctx.set('Content-Range', `bytes */${size}`);
      throw new AppError('validation_error', `The file has ${size} bytes, and none of that range.`, {
        status: 416,
        field: 'Range',
      });
    }
    const { start, end } = range ?? { start: 0, end: size - 1 };
    ctx.respond = false;
    ctx.res.writeHead(range === undefined ? 200 : 206, {
      'Content-Type': contentType,
      'Content-Disposition': `attachment; filename="${name}"`,
      'Content-Length': String(end - start + 1),
      ...(range !== undefined && { 'Content-Range': `bytes ${start}-${end}/${size}` }),
    });
    if (ctx.method === 'HEAD' || size === 0) ctx.res.end();
    else {
      const bytes = file.createReadStream({ start, end, highWaterMark: READ_BYTES, autoClose: false });
      await pipeline(bytes, ctx.res);
    }
  } catch (error) {
    if (!ctx.res.headersSent) throw error;
    log.warn({ failure: failureName(error) }, 'a file was cut');
    ctx.res.destroy();
  } finally {
    await file.close();
  }
}

/** Whether what a client has of a file is part of this one. A date says too little. */
function isOfThis(ifRange: string, tag: string): boolean {
  return ifRange === '' || ifRange.trim() === `"${tag}"`;
}
