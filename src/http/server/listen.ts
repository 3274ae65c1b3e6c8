import { once } from 'node:events';
import {
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  createServer,
} from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Shares } from '../../fair-share/shares.ts';
import { clientNetwork } from '../request/client-address.ts';
import { commonHeaders } from '../response/common-headers.ts';
import { Connections } from './client-connections.ts';
import { watchPace } from './slow-clients.ts';
import { ResettingResponse } from './resetting-response.ts';
import { MAX_HEADERS, MAX_HEADER_BYTES } from '../request/request-limits.ts';
import { NO_PROXY } from '../request/unreadable.ts';
import { type ParseError, headRefusal, parseRefusal } from './malformed-request.ts';
import { type Refusals, refusals } from './refusals.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** How many proxies are in front of the server. */
  readonly trustProxy: number;
  readonly shares: Pick<Shares, 'connections' | 'proxiedRequests'>;
  /** Origins whose pages may read the API from a browser. */
  readonly corsOrigins: readonly string[];
  /** How long a connection without a request stays open for the next one. */
  readonly keepAliveMs: number;
  /** How long a client may take for the headers of a request; by default as long as the API promises. */
  readonly headersMs?: number;
  /** How long a client may take for 64 KiB; by default as long as the API promises. */
  readonly slowestMs?: number;
  /** How long a client may take for a whole body; by default as long as the API promises. */
  readonly deadlineMs?: number;
}

/** A server that listens. */
export interface Listening {
  /** By which this machine reaches it. */
  readonly url: string;
  /** Stops accepting and waits for the requests that run, at most 8 s. */
  readonly close: () => Promise<void>;
}

/** What still runs this long after a stop was asked for is cut, so that its client sees an error. */
const DRAIN_MS = 8_000;

/** Connections that there may be at once, with descriptors enough. */
const MAX_CONNECTIONS = 4_096;

/** A client that has begun a request sends its headers within this time, also on a connection that was kept. */
const HEADERS_MS = 15_000;

/** What one server accepts from clients before it knows who they are. */
const LIMITS = {
  maxHeaderSize: MAX_HEADER_BYTES,
  // A body has a pace and a deadline, which look at what comes out of it.
  requestTimeout: 0,
  connectionsCheckingInterval: 2_000,
  // Node would respond without a body; nothing here uses the host.
  requireHostHeader: false,
} as const;

/** Connections to accept with so many descriptors: ClickHouse, files and the log need some, too. */
export function maxConnections(descriptors: number): number {
  return Math.max(16, Math.min(MAX_CONNECTIONS, Math.floor(descriptors * 0.75), descriptors - 64));
}

/** Listens. @throws Error with a sentence for the operator when the address cannot be had */
export async function listen(listener: RequestListener, options: ListenOptions): Promise<Listening> {
  const { host, port, trustProxy, shares, corsOrigins, keepAliveMs, headersMs } = options;
  const { slowestMs, deadlineMs } = options;
  const refusing = refusals(commonHeaders(corsOrigins));
  const connections = new Connections(shares.connections, refusing);
  const server = createServer({
    ...LIMITS,
    headersTimeout: headersMs ?? HEADERS_MS,
    keepAliveTimeout: keepAliveMs,
    ServerResponse: ResettingResponse,
  });
  // Node drops what is above it without a word: one more is seen to be too many.
  server.maxHeadersCount = MAX_HEADERS + 1;
  const bounded = trustProxy > 0 ? fairly(listener, options, connections, refusing) : listener;
  const answer = readable(bounded, refusing);
  const serve: RequestListener = (request, response) =>
    connections.find(request.socket)?.serve({ request, response }, answer);
  server.on('connection', (socket) => connections.accept(socket));
  server.on('request', serve);
  server.on('checkContinue', (request, response) => {
    inviteWhenRead(request, response);
    serve(request, response);
  });
  // An unknown `Expect` is ignored: Node would send 417 without a body.
  server.on('checkExpectation', serve);
  server.on('clientError', (error: ParseError, socket) => {
    if (!(socket instanceof Socket) || error.code === 'ECONNRESET') socket.destroy();
    else connections.find(socket)?.refuse(parseRefusal(error));
  });
  server.on('connect', (_, socket) => refuseConnect(socket, connections, refusing));
  // Node's own, which a stop calls, takes a response for done while its client still reads it.
  server.closeIdleConnections = () => connections.closeIdle();
  server.once('close', watchPace(connections, slowestMs, deadlineMs));
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new Error(`Cannot listen on ${host} port ${port} (${code}): set HOST and PORT.`, { cause: error });
  }
  return { url: urlOf(server), close: () => close(server, connections) };
}

/** Refuses what its head alone makes unreadable. */
function readable(listener: RequestListener, { refuse }: Refusals): RequestListener {
  return (request, response) => {
    const error = headRefusal(request);
    if (error === undefined) listener(request, response);
    else refuse(response, error);
  };
}

/** Behind proxies it is the requests of a client that are bounded, since the connections are the proxies'. */
function fairly(
  listener: RequestListener,
  { trustProxy, shares: { proxiedRequests } }: ListenOptions,
  connections: Connections,
  { refuse }: Refusals,
): RequestListener {
  return (request, response) => {
    const connection = connections.find(request.socket);
    if (connection === undefined) return;
    connection.lease = proxiedRequests.take({ kind: 'anonymous', name: clientNetwork(request, trustProxy) });
    if (connection.lease === undefined) refuse(response, proxiedRequests.refuse());
    else listener(request, response);
  };
}

/** Node has let go of the connection, so a response that is under way would neither go on nor be watched. */
function refuseConnect(socket: Duplex, connections: Connections, { refuseBytes }: Refusals): void {
  socket.on('error', () => {});
  if (socket instanceof Socket && connections.find(socket)?.isIdle === true) refuseBytes(socket, NO_PROXY);
  else socket.destroy();
}

/** Says "100 Continue" when the body begins to be read, so that a request refused by its head need not send it. */
function inviteWhenRead(request: IncomingMessage, response: ServerResponse): void {
  const read = request.read.bind(request);
  request.read = (size) => {
    request.read = read;
    if (!response.headersSent) response.writeContinue();
    return read(size);
  };
}

function urlOf(server: Server): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server does not listen.');
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address.address] ?? address.address;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

async function close(server: Server, connections: Connections): Promise<void> {
  const cut = setTimeout(() => connections.reset(), DRAIN_MS);
  const closed = once(server, 'close');
  server.close();
  // A connection whose last request has ended is kept alive for more, and would hold up the stop.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearTimeout(cut);
  clearInterval(sweep);
}
