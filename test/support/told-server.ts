import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request that a server got. */
export interface GotRequest {
  readonly method: string;
  /** With the query string. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What becomes of one request. */
export type Answer = (response: ServerResponse, request: GotRequest) => void | Promise<void>;

/** Sends a status and JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

/** Ends the connection without a response. */
export const cut: Answer = (response) => {
  response.destroy();
};

/** Never responds. */
export const hang: Answer = () => {};

/** An HTTP server that answers each request as it is told. */
export class ToldServer {
  readonly requests: GotRequest[] = [];
  readonly #server = createServer((request, response) => {
    // Of a client that has left, a body may end in the middle.
    this.#answer(request, response).catch(() => response.destroy());
  });
  #answers: readonly Answer[] = [];
  #otherwise: Answer;

  private constructor(otherwise: Answer) {
    this.#otherwise = otherwise;
  }

  /** @param otherwise what becomes of a request for which nothing else is told */
  static async start(otherwise: Answer): Promise<ToldServer> {
    const server = new ToldServer(otherwise);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    const address: AddressInfo = Object(this.#server.address());
    return `http://127.0.0.1:${address.port}`;
  }

  /** Tells what becomes of the next requests. */
  tell(...answers: readonly Answer[]): void {
    this.#answers = answers;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const got = { method, path, headers, body: await text(request) };
    this.requests.push(got);
    const [answer = this.#otherwise, ...others] = this.#answers;
    this.#answers = others;
    await answer(response, got);
  }
}
