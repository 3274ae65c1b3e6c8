import type { IncomingMessage, ServerResponse } from 'node:http';

/** What waits for the end of a response. */
const WAITING = Symbol('waiting');

declare module 'node:http' {
  interface ServerResponse<Request extends IncomingMessage = IncomingMessage> {
    [WAITING]?: (() => void)[];
  }
}

/**
 * Calls `work` once a response has ended or broken off; `writableFinished` tells which. One listener serves all callers: with two
 * of them most requests outlived a minor garbage collection, and a cached response took a third more CPU.
 */
export function whenClosed(response: ServerResponse, work: () => void): void {
  const waiting = response[WAITING];
  if (waiting !== undefined) {
    waiting.push(work);
    return;
  }
  const all = [work];
  response[WAITING] = all;
  response.once('close', () => {
    for (const one of all) one();
  });
}
