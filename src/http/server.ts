import { once } from 'node:events';
import { type RequestListener, type Server, createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { securityHeaderList } from './headers.ts';
import { watchPace } from './pace.ts';
import { MAX_HEADER_BYTES, NOT_HTTP, UNREADABLE } from './unreadable.ts';

/** Where to listen; port 0 takes any free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What still runs this long after a stop was asked for is cut, so that its client sees an error. */
const DRAIN_MS = 8_000;

/** What one server takes from strangers before it knows who they are. */
const LIMITS = {
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: 15_000,
  // A body has no time limit but a pace.
  requestTimeout: 0,
  keepAliveTimeout: 15_000,
  connectionsCheckingInterval: 2_000,
  // Node would answer without a body; nothing here looks at the host.
  requireHostHeader: false,
} as const;

/** Connections beyond it are closed unanswered. */
const MAX_CONNECTIONS = 4_096;

/** How long one who got an answer in place of being heard may take to read it. */
const LAST_WORD_MS = 1_000;

/** Listens. @throws Error with a sentence for the operator when the address cannot be had */
export async function listen(listener: RequestListener, { host, port }: Address): Promise<Server> {
  const server = createServer(LIMITS, listener);
  // An expectation that is not known is passed over: Node would answer 417 without a body.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.maxConnections = MAX_CONNECTIONS;
  watchPace(server);
  server.on('clientError', answerUnreadable);
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new Error(`Cannot listen on ${host} port ${port} (${code}): set HOST and PORT.`, { cause: error });
  }
  return server;
}

/** What is not HTTP, or too large to be read as it, never reaches Koa. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { status, reason, sentence } = UNREADABLE[error.code ?? ''] ?? NOT_HTTP;
  const body = JSON.stringify({ error: sentence, code: 'validation_error' });
  const headers = [
    `HTTP/1.1 ${status} ${reason}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${body.length}`,
    ...securityHeaderList().map(([name, value]) => `${name}: ${value}`),
    'Cache-Control: no-store',
    'Connection: close',
  ];
  // A connection is closed whether its client hangs up too or not.
  setTimeout(() => socket.destroy(), LAST_WORD_MS).unref();
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}

/** The URL by which this machine reaches a listening server. */
export function urlOf(server: Server): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server does not listen.');
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address.address] ?? address.address;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

/** Stops accepting and waits for the requests that run, at most 8 s. */
export async function close(server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  const closed = once(server, 'close');
  server.close();
  // A connection whose last request has ended is kept alive for more, and would hold up the stop.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearTimeout(cut);
  clearInterval(sweep);
}
