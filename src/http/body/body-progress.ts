import type { IncomingMessage } from 'node:http';

/** How much of a body has been read. */
export interface BodyProgress {
  /** Decompressed bytes, on top of what the connection had received before. */
  bytes: number;
  /** By the monotonic clock. */
  readonly since: number;
}

const progresses = new WeakMap<IncomingMessage, BodyProgress>();

/** Begins to measure a body in decompressed bytes: compressed ones can decompress to nothing for ever. */
export function beginReading(request: IncomingMessage): BodyProgress {
  const progress = { bytes: request.socket.bytesRead, since: performance.now() };
  progresses.set(request, progress);
  return progress;
}

/** How much of a body has been read; undefined before reading begins. */
export function progressOf(request: IncomingMessage): BodyProgress | undefined {
  return progresses.get(request);
}

/** Whether the headers announce a body. */
export function announcesBody({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) !== 0 || headers['transfer-encoding'] !== undefined;
}
