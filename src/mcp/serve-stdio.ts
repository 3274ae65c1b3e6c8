import { once } from 'node:events';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio as serve } from '@modelcontextprotocol/server/stdio';
import { refusalOf, withPlainError } from './plain-errors.ts';
import { protocolServer } from './protocol-server.ts';
import type { Tools } from './tool.ts';

/** Serves a client of the protocol over standard input and output, until it closes standard input. */
export async function serveStdio(tools: Tools): Promise<void> {
  const ended = once(process.stdin, 'close');
  const transport = new PlainTransport();
  const connection = serve(() => protocolServer(tools), { maxSubscriptions: 0, transport });
  await ended;
  await connection.close();
}

/** Tells what is wrong with a message as the server does over HTTP: in one sentence. */
class PlainTransport extends StdioServerTransport {
  override async start(): Promise<void> {
    const take = this.onmessage;
    // A property is how transports are listened to.
    // oxlint-disable-next-line unicorn/prefer-add-event-listener
    this.onmessage = (message) => {
      const refusal = refusalOf(message);
      if (refusal === undefined) take?.(message);
      else void super.send(refusal);
    };
    await super.start();
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    await super.send(withPlainError(message));
  }
}
