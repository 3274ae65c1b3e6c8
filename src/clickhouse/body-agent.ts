import { Agent, type ClientRequestArgs, IncomingMessage } from 'node:http';
import { type Socket, connect } from 'node:net';
import type { Readable } from 'node:stream';
import { lendPieces, takeReadBuffer } from '../lib/read-buffers.ts';
import { ChunkDecoder, type Part } from './chunk-decoder.ts';

/** Bytes that are read ahead of the reader of a body. */
const MOST_AHEAD = 1_048_576;
/** A longer head is left to Node, as are its body's bytes. */
const MOST_HEAD_BYTES = 65_536;

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = Buffer.from(`0${HEAD_END}`);

/**
 * Connections for large responses. Node copies each 64 KB of a body into new memory, which has to be collected again; that takes
 * longer than all else that is done to pass a body on. Here Node parses the head, and the body goes into buffers that are used
 * again (`lib/read-buffers.ts`). Each connection carries one response.
 */
export class BodyAgent extends Agent {
  override createConnection({ host, port }: ClientRequestArgs): Socket {
    const body = new DivertedBody();
    const socket: Socket = connect({
      host: host ?? 'localhost',
      port: Number(port),
      onread: {
        buffer: takeReadBuffer,
        callback: (bytes, { buffer }) => {
          body.take(socket, Buffer.from(buffer), bytes);
          return true;
        },
      },
    });
    bodies.set(socket, body);
    return socket;
  }
}

const bodies = new WeakMap<Socket, DivertedBody>();

/**
 * The bytes of a response's body. Those that came by a `BodyAgent` are to be given back (`giveBack`) where there are many.
 * @throws while they are read, Error when the connection breaks before the end
 */
export function bodyOf(response: Readable): AsyncIterable<Buffer> {
  if (!(response instanceof IncomingMessage)) return response;
  const body = bodies.get(response.socket);
  return body?.isDiverted === true ? body.pieces(response) : response;
}

/** The body of a response, kept from Node's parser. */
class DivertedBody {
  #head: Buffer = Buffer.alloc(0);
  #passes: 'head' | 'body' | 'all' = 'head';
  readonly #chunks = new ChunkDecoder();
  readonly #ahead: Buffer[] = [];
  #bytesAhead = 0;
  #wake = (): void => {};

  get isDiverted(): boolean {
    return this.#passes === 'body';
  }

  /** Receives the bytes that a read has put at the start of a buffer. */
  take(socket: Socket, buffer: Buffer, bytes: number): void {
    const taken = buffer.subarray(0, bytes);
    if (this.#passes === 'head') this.#takeHead(socket, taken);
    else if (this.#passes === 'all') socket.push(taken);
    else this.#takeBody(socket, lendPieces(buffer, bytes, this.#partsOf(socket, taken)));
  }

  #takeHead(socket: Socket, bytes: Buffer): void {
    const before = this.#head.length;
    this.#head = Buffer.concat([this.#head, bytes]);
    const end = this.#head.indexOf(HEAD_END);
    const isWhole = end !== -1;
    if (isWhole && isWanted(this.#head.toString('latin1', 0, end))) {
      this.#passes = 'body';
      const bodyFrom = end + HEAD_END.length - before;
      socket.push(bytes.subarray(0, bodyFrom));
      const rest = bytes.subarray(bodyFrom);
      const parts = this.#partsOf(socket, rest);
      this.#takeBody(
        socket,
        parts.map(([start, until]) => Buffer.from(rest.subarray(start, until))),
      );
      return;
    }
    if (isWhole || this.#head.length > MOST_HEAD_BYTES) this.#passes = 'all';
    socket.push(bytes);
  }

  #takeBody(socket: Socket, pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      this.#ahead.push(piece);
      this.#bytesAhead += piece.length;
    }
    if (this.#chunks.isWhole) socket.push(LAST_CHUNK);
    else if (this.#bytesAhead >= MOST_AHEAD) socket.pause();
    this.#wake();
  }

  #partsOf(socket: Socket, bytes: Buffer): readonly Part[] {
    try {
      return this.#chunks.decode(bytes);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined);
      return [];
    }
  }

  /** The body's bytes as they come, for one reader. */
  async *pieces(response: IncomingMessage): AsyncGenerator<Buffer> {
    const { socket } = response;
    const wake = (): void => this.#wake();
    response.on('error', wake).on('close', wake);
    // Node ends a response that somebody reads, as little as this one has to be read of.
    response.resume();
    try {
      for (;;) {
        const piece = this.#ahead.shift();
        if (piece !== undefined) {
          this.#bytesAhead -= piece.length;
          if (socket.isPaused() && this.#bytesAhead < MOST_AHEAD) socket.resume();
          yield piece;
        } else if (this.#chunks.isWhole) return;
        else if (response.destroyed)
          throw response.errored ?? new Error('The connection to ClickHouse was closed.');
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      if (!this.#chunks.isWhole) response.destroy();
    }
  }
}

/** Whether a body is data that comes in chunks; what a failure says is for the client's library. */
function isWanted(head: string): boolean {
  return (
    head.startsWith('HTTP/1.1 200 ') &&
    /\r\ntransfer-encoding: *chunked/i.test(head) &&
    !/\r\nx-clickhouse-exception-code:/i.test(head)
  );
}
