import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';

export interface Uploaded {
  readonly status: number;
  readonly body: string;
}

/** The server could not be reached, or broke off. */
export class UploadError extends Error {}

/**
 * Sends a body of any size as fast as the server takes it, for as long as that lasts. It ends early where the server
 * responds early.
 * @throws UploadError, and what reading the body throws
 */
export async function upload(
  target: URL,
  headers: Readonly<Record<string, string>>,
  body: AsyncIterable<Buffer>,
  signal: AbortSignal | undefined,
): Promise<Uploaded> {
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(target, { method: 'POST', headers, agent: false, ...(signal && { signal }) });
  request.on('error', () => {});
  let broken: { readonly cause: unknown } | undefined;
  async function* watched(): AsyncGenerator<Buffer> {
    try {
      yield* body;
    } catch (cause) {
      broken = { cause };
      throw cause;
    }
  }
  try {
    // A server that responds early takes no more; the response says why.
    pipeline(Readable.from(watched(), { objectMode: false }), request).catch(() => {});
    const [response]: IncomingMessage[] = await once(request, 'response');
    if (response === undefined) throw new UploadError('no response');
    return { status: response.statusCode ?? 0, body: await text(response) };
  } catch (cause) {
    if (broken !== undefined) throw broken.cause;
    throw cause instanceof UploadError ? cause : new UploadError('The upload broke off.', { cause });
  } finally {
    request.destroy();
  }
}
