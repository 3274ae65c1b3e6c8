import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { type JSONRPCMessage, isJSONRPCRequest } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio as serve } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';
import { refusalOf, withPlainError } from './plain-errors.ts';
import { protocolServer } from './protocol-server.ts';
import type { Tools } from './tool.ts';

/**
 * Serves a client of the protocol over standard input and output, until it has closed standard input and its last request is
 * answered.
 */
export async function serveStdio(tools: Tools): Promise<void> {
  // The transport stops to send once its input has ended.
  const input = process.stdin.pipe(new PassThrough(), { end: false });
  const ended = Promise.race([once(process.stdin, 'end'), once(process.stdin, 'close')]);
  const transport = new PlainTransport(input);
  const connection = serve(() => protocolServer(tools), { maxSubscriptions: 0, transport });
  await ended;
  // What was piped last is taken in this turn of the event loop.
  await new Promise(setImmediate);
  await transport.answered();
  await connection.close();
}

const cancellation = z.object({
  method: z.literal('notifications/cancelled'),
  params: z.object({ requestId: z.unknown() }),
});

/** Tells what is wrong with a message as the server does over HTTP: in one sentence. */
class PlainTransport extends StdioServerTransport {
  /** Ids of requests that have no response yet. */
  readonly #open = new Set<unknown>();
  #onAnswered = (): void => {};

  override async start(): Promise<void> {
    const take = this.onmessage;
    // A property is how transports are listened to.
    // oxlint-disable-next-line unicorn/prefer-add-event-listener
    this.onmessage = (message) => {
      if (isJSONRPCRequest(message)) this.#open.add(message.id);
      // What is cancelled takes no response.
      const cancelled = cancellation.safeParse(message);
      if (cancelled.success) this.#end(cancelled.data.params.requestId);
      const refusal = refusalOf(message);
      if (refusal === undefined) take?.(message);
      else void this.send(refusal);
    };
    await super.start();
  }

  /** Settles when every request that has come has its response. */
  async answered(): Promise<void> {
    while (this.#open.size > 0) await new Promise<void>((resolve) => (this.#onAnswered = resolve));
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    await super.send(withPlainError(message)).finally(() => {
      if (!('method' in message)) this.#end(message.id);
    });
  }

  #end(id: unknown): void {
    if (this.#open.delete(id)) this.#onAnswered();
  }
}
