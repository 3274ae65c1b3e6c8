import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AppError } from '../../errors.ts';
import type { Lease } from '../../fair-share/share.ts';
import type { Holder } from '../../fair-share/holder.ts';
import { whenClosed } from '../request/when-closed.ts';
import { Pace } from './pace.ts';
import { resetConnection } from './resetting-response.ts';
import type { Refusals } from './refusals.ts';

/** A request with its response. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What writes a response to the connection, and has to see to it that it is closed in the end. */
interface Work {
  readonly begin: () => void;
  readonly exchange?: Exchange;
}

/** The most requests of one connection, in progress and waiting. A client that pipelines more is disconnected. */
const MAX_PIPELINED = 64;

/** How long a client may take to read the last response before the connection is closed, whatever it still sends. */
const LAST_WORD_MS = 1_000;

/** An open connection, whose requests are processed one after the other. */
export class Connection {
  readonly socket: Socket;
  readonly peer: Holder;
  /** The lease of the current request, if requests are limited; released when its response has been sent. */
  lease: Lease | undefined;
  /** Of what it sends. */
  readonly received = new Pace();
  /** Of what it takes. */
  readonly sent = new Pace();
  /** The latest request, until its response is sent and its body has been received. */
  exchange: Exchange | undefined;
  /** The first is under way. */
  readonly #work: Work[] = [];
  readonly #refusals: Refusals;

  constructor(socket: Socket, peer: Holder, refusals: Refusals) {
    this.socket = socket;
    this.peer = peer;
    this.#refusals = refusals;
    socket.destroySoon = () => closeReadably(socket);
  }

  /** The client that the connection counts against: behind proxies that of the current request, else the peer. */
  get holder(): Holder {
    return this.lease?.holder ?? this.peer;
  }

  /** Whether it waits for a request of its client. */
  get isIdle(): boolean {
    return this.#work.length === 0;
  }

  /** Passes a request on once those before it have their responses. One that waits costs little and needs no slot. */
  serve(exchange: Exchange, listener: RequestListener): void {
    const { request, response } = exchange;
    const begin = (): void => {
      this.exchange = exchange;
      this.received.restart(this.socket.bytesRead);
      whenClosed(response, () => {
        this.lease?.release();
        this.lease = undefined;
        if (request.complete) this.exchange = undefined;
        this.#next();
      });
      listener(request, response);
    };
    this.#add({ begin, exchange });
  }

  /** Sends an error for bytes that cannot be parsed, after the responses before it, and closes the connection. */
  refuse(error: AppError): void {
    const { refuse, refuseBytes } = this.#refusals;
    const { exchange = this.exchange } = this.#work.at(-1) ?? {};
    if (exchange === undefined || exchange.request.complete) {
      this.#add({ begin: () => refuseBytes(this.socket, error) });
    } else if (exchange !== this.exchange) {
      this.#work.splice(-1, 1, { begin: () => refuse(exchange.response, error) });
    } else if (!exchange.response.headersSent) {
      refuse(exchange.response, error);
      // Node drops a request once its response has been sent, so a reader of its body would wait for ever.
      this.socket.once('close', () => exchange.request.destroy());
    } else if (exchange.response.writableFinished) this.socket.destroySoon();
    else resetConnection(this.socket);
  }

  #add(work: Work): void {
    if (!this.socket.writable) return;
    this.#work.push(work);
    if (this.#work.length === 1) work.begin();
    else if (this.#work.length > MAX_PIPELINED) resetConnection(this.socket);
  }

  #next(): void {
    this.#work.shift();
    if (this.socket.writable) this.#work[0]?.begin();
    else this.#work.length = 0;
  }
}

/**
 * Closes a connection after its last response. At once it would be reset where bytes of the client's have not been read, and
 * the client might lose the response; so these are read and thrown away for a moment.
 */
function closeReadably(socket: Socket): void {
  socket.end();
  socket.resume();
  setTimeout(() => socket.destroy(), LAST_WORD_MS).unref();
}
