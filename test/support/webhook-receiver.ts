import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedCall {
  readonly id: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly signature: string;
  readonly body: string;
  readonly event: any;
}

/** A server that takes webhooks, and what it got. */
export class WebhookReceiver {
  readonly url: string;
  /** What it responds with. */
  status = 200;
  readonly #close: () => void;
  readonly #calls: ReceivedCall[] = [];

  private constructor(url: string, close: () => void) {
    this.url = url;
    this.#close = close;
  }

  static async start(): Promise<WebhookReceiver> {
    let receive = async (_request: IncomingMessage, _response: ServerResponse): Promise<void> => {};
    const server = createServer((request, response) => void receive(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const receiver = new WebhookReceiver(`http://127.0.0.1:${port}/hook`, () => {
      server.closeAllConnections();
      server.close();
    });
    receive = (request, response) => receiver.#receive(request, response);
    return receiver;
  }

  /** What came since this was asked before. */
  take(): readonly ReceivedCall[] {
    return this.#calls.splice(0);
  }

  stop(): void {
    this.#close();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces).toString();
    const header = (name: string): string => String(request.headers[name]);
    this.#calls.push({
      id: header('webhook-id'),
      timestamp: Number(header('webhook-timestamp')),
      signature: header('webhook-signature'),
      body,
      event: JSON.parse(body),
    });
    response.writeHead(this.status).end();
  }
}
