import type { IncomingMessage } from 'node:http';
import { AppError } from '../../errors.ts';
import { beginStreaming } from './body-progress.ts';
import { discardRest } from './discard.ts';

/** A body that is worked on as it comes: the next piece is asked for when the one before is done with. */
export interface BodyStream {
  /**
   * Its bytes as they are sent; may be gone through once.
   * @throws AppError where the connection ends before the body, or what the request was destroyed with
   */
  readonly pieces: AsyncIterable<Buffer>;
  /** Lets go of what has not been read. */
  readonly discard: () => void;
}

/**
 * Begins to read a body of any size.
 * @param isPaced whether a client is cut that sends less than the pace that the API promises, while it is waited for
 */
export function streamBody(request: IncomingMessage, isPaced: boolean): BodyStream {
  const progress = beginStreaming(request);
  const arriving = request.iterator({ destroyOnReturn: false });
  async function* pieces(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        progress.isAwaited = isPaced;
        const next: IteratorResult<unknown> = await arriving.next();
        progress.isAwaited = false;
        if (next.done === true) return;
        if (!Buffer.isBuffer(next.value)) continue;
        progress.bytes += next.value.length;
        yield next.value;
      }
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw new AppError('validation_error', 'The connection was cut before the whole file had come.', {
        field: 'body',
        cause,
      });
    }
  }
  const discard = (): void => {
    // Nothing flows while it listens, as it does where nobody has read all of the pieces.
    void Promise.resolve(arriving.return?.())
      .catch(() => {})
      .then(() => discardRest(request));
  };
  return { pieces: pieces(), discard };
}
