import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

/** A request as bytes on the wire. */
export type WireRequest = Buffer;

/** @param headers beside `Host` */
export function wireRequest(
  url: URL,
  method: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): WireRequest {
  const lines = Object.entries({
    Host: url.host,
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`${method} ${url.pathname}${url.search} HTTP/1.1\r\n${head}\r\n${body}`);
}

const CONNECTIONS = 32;

/**
 * Sends requests over 32 keep-alive connections; each sends its next request when it has read the whole response. It reads
 * and writes plain bytes, so that the client's own cost does not distort the measurement.
 */
export async function load(url: URL, next: () => WireRequest | undefined): Promise<void> {
  const sockets = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const socket = connect(Number(url.port), url.hostname).setNoDelay(true);
      await once(socket, 'connect');
      return socket;
    }),
  );
  try {
    await Promise.all(sockets.map((socket) => work(socket, next)));
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

async function work(socket: Socket, next: () => WireRequest | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let rest: Buffer = EMPTY;
    const send = (): void => {
      const request = next();
      if (request === undefined) resolve();
      else socket.write(request);
    };
    socket.on('error', reject).on('close', () => reject(new Error('The connection was closed.')));
    socket.on('data', (piece: Buffer) => {
      rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      const end = endOf(rest);
      if (end === undefined || rest.length < end) return;
      if (!rest.subarray(0, OK.length).equals(OK)) return reject(new Error(rest.toString()));
      rest = rest.subarray(end);
      send();
    });
    send();
  });
}

const EMPTY = Buffer.alloc(0);
const OK = Buffer.from('HTTP/1.1 200');

/** The end of a response, once known: by its length, or after its last chunk. */
function endOf(response: Buffer): number | undefined {
  const head = response.indexOf('\r\n\r\n');
  if (head === -1) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(response.toString('latin1', 0, head));
  if (length !== null) return head + 4 + Number(length[1]);
  return response.subarray(-7).equals(LAST_CHUNK) ? response.length : undefined;
}

const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');
