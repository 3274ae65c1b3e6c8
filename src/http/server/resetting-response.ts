import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Cuts a connection off so that its client sees an error. Closed cleanly, an HTTP/1.0 response (nginx asks for those by
 * default) would look whole: the end of the connection is the end of its body.
 */
export function resetConnection(socket: Socket): void {
  // All that was to be sent is with the kernel then, and libuv does not reset while it shuts down.
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

const MAX_LISTENERS = 20;

/** A response that resets its connection if it is destroyed before its end, by a pipeline, Koa or a route. */
export class ResettingResponse extends ServerResponse {
  constructor(...parts: ConstructorParameters<typeof ServerResponse<IncomingMessage>>) {
    super(...parts);
    // The pipelines of an export and what counts and limits requests wait for its end in more than Node's ten places.
    this.setMaxListeners(MAX_LISTENERS);
  }

  override destroy(error?: Error): this {
    if (this.socket?.destroyed === false && !this.writableFinished) resetConnection(this.socket);
    return super.destroy(error);
  }
}
