import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AppError } from '../../errors.ts';
import type { Lease } from '../../fair-share/share.ts';
import type { Holder } from '../../fair-share/holder.ts';
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

/** Requests of one connection that may be under way and wait. Whoever sends more ahead is cut off. */
const MAX_PIPELINED = 64;

/** How long a client may take to read the last response before the connection is closed, whatever it still sends. */
const LAST_WORD_MS = 1_000;

/** An open connection, whose requests are answered one after the other. */
export class Connection {
  readonly socket: Socket;
  readonly peer: Holder;
  /** What the request under way has of a share, where those are bounded; given back when it is answered. */
  lease: Lease | undefined;
  /** Of what it sends. */
  readonly received = new Pace();
  /** Of what it takes. */
  readonly sent = new Pace();
  /** The request that was begun last, until it is answered and all of it has come. */
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

  /** Whose it is: the client's whose request is under way behind proxies, else its peer's. */
  get holder(): Holder {
    return this.lease?.holder ?? this.peer;
  }

  /** Whether it waits for a request of its client. */
  get isIdle(): boolean {
    return this.#work.length === 0;
  }

  /** Hands a request on once those before it are answered: one that waits costs little and needs no place. */
  serve(exchange: Exchange, listener: RequestListener): void {
    const { request, response } = exchange;
    const begin = (): void => {
      this.exchange = exchange;
      this.received.restart(this.socket.bytesRead);
      response.once('close', () => {
        this.lease?.release();
        this.lease = undefined;
        if (request.complete) this.exchange = undefined;
        this.#next();
      });
      listener(request, response);
    };
    this.#add({ begin, exchange });
  }

  /** Answers with an error what cannot be read further, in its turn, and closes the connection. */
  refuse(error: AppError): void {
    const { refuse, refuseBytes } = this.#refusals;
    const { exchange = this.exchange } = this.#work.at(-1) ?? {};
    if (exchange === undefined || exchange.request.complete) {
      this.#add({ begin: () => refuseBytes(this.socket, error) });
    } else if (exchange !== this.exchange) {
      this.#work.splice(-1, 1, { begin: () => refuse(exchange.response, error) });
    } else if (!exchange.response.headersSent) {
      refuse(exchange.response, error);
      // Node forgets a request that has been answered, and whoever reads its body would wait for ever.
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
