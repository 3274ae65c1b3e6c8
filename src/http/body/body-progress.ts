import type { IncomingMessage } from 'node:http';

/** How much of a body has been read. */
export interface BodyProgress {
  /** Decompressed bytes, on top of what the connection had received before. */
  bytes: number;
  /** When its deadline began, by the monotonic clock; undefined: it may take any time as long as it has a pace. */
  readonly since: number | undefined;
  /** Whether the client is waited for now. */
  isAwaited: boolean;
}

/** On the request itself, as its id is. */
const PROGRESS = Symbol('body progress');

declare module 'node:http' {
  interface IncomingMessage {
    [PROGRESS]?: BodyProgress;
  }
}

/** Begins to measure a body in decompressed bytes: compressed ones can decompress to nothing for ever. */
export function beginReading(request: IncomingMessage): BodyProgress {
  return begin(request, { since: performance.now(), isAwaited: true });
}

/** Begins to measure a body that is worked on as it comes. */
export function beginStreaming(request: IncomingMessage): BodyProgress {
  return begin(request, { since: undefined, isAwaited: false });
}

function begin(request: IncomingMessage, parts: Omit<BodyProgress, 'bytes'>): BodyProgress {
  const progress = { ...parts, bytes: request.socket.bytesRead };
  request[PROGRESS] = progress;
  return progress;
}

/** How much of a body has been read; undefined before reading begins. */
export function progressOf(request: IncomingMessage): BodyProgress | undefined {
  return request[PROGRESS];
}

/** How much of a body that is worked on as it comes has been read while its client is waited for; undefined while it is not. */
export function bytesAwaited(request: IncomingMessage): number | undefined {
  const progress = progressOf(request);
  return progress?.isAwaited === true ? progress.bytes : undefined;
}

/** Whether the headers announce a body. */
export function announcesBody({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) !== 0 || headers['transfer-encoding'] !== undefined;
}
