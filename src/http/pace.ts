import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** A client that sends less of a request's body, or takes less of an export, than this in such a time is cut off. */
export const SLOWEST_BYTES = 65_536;
export const SLOWEST_MS = 30_000;

interface Arriving {
  readonly response: ServerResponse;
  received: number;
  since: number;
}

/**
 * Cuts clients that trickle: a body is given any time as long as it has a pace. One that the server does not read, being
 * busy, is not the client's fault; one that is still being sent long after it was answered is of no use.
 */
export function watchPace(server: Server, slowestMs = SLOWEST_MS): void {
  const arriving = new Map<IncomingMessage, Arriving>();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { headers, socket } = request;
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers;
    if (length === '0' && encoding === undefined) return;
    arriving.set(request, { response, received: socket.bytesRead, since: Date.now() });
    // A request that is held on to after its end outlives V8's young generation: by the thousand a second that is dear.
    request.once('close', () => arriving.delete(request));
  });
  const watch = setInterval(() => {
    for (const [request, state] of arriving) {
      if (request.complete) continue;
      if (hasPace(request, state)) {
        state.received = request.socket.bytesRead;
        state.since = Date.now();
      } else if (Date.now() - state.since > slowestMs) {
        arriving.delete(request);
        cut(server, request, state.response);
      }
    }
  }, 1_000).unref();
  server.once('close', () => clearInterval(watch));
}

function hasPace({ socket, readableLength }: IncomingMessage, { response, received }: Arriving): boolean {
  if (response.writableFinished) return false;
  return readableLength > 0 || socket.bytesRead - received >= SLOWEST_BYTES;
}

function cut(server: Server, { socket }: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) socket.destroy();
  else {
    const error = Object.assign(new Error('too slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    server.emit('clientError', error, socket);
  }
}
