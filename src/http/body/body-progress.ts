import type { IncomingMessage } from 'node:http';

/** How far the reading of a body is. */
export interface BodyProgress {
  /** Bytes that came out of it, unpacked, on top of what the connection had received before. */
  bytes: number;
  /** By the monotonic clock. */
  readonly since: number;
}

const progresses = new WeakMap<IncomingMessage, BodyProgress>();

/** Begins to measure a body by what its reader counts: what is on the wire may be packed, and unpack to nothing for ever. */
export function beginReading(request: IncomingMessage): BodyProgress {
  const progress = { bytes: request.socket.bytesRead, since: performance.now() };
  progresses.set(request, progress);
  return progress;
}

/** How far a body is; undefined before anybody reads it. */
export function progressOf(request: IncomingMessage): BodyProgress | undefined {
  return progresses.get(request);
}

/** Whether the headers announce a body. */
export function announcesBody({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) !== 0 || headers['transfer-encoding'] !== undefined;
}
