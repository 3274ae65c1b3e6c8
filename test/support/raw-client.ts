import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { type Socket, connect } from 'node:net';
import { createShares } from '../../src/fair-share/shares.ts';
import { type ListenOptions, type Listening, listen } from '../../src/http/server/listen.ts';

const open = new Set<Socket>();

/** A client that sends bytes as they are given and reads what comes, or does not. */
export class RawClient {
  readonly socket: Socket;
  /** How the connection ended: `end` where the server closed it cleanly, else the error's code. */
  readonly ended: Promise<string>;
  /** All that has been read, a character a byte. */
  received = '';

  /** @param localAddress from which it comes, such as 127.0.0.2 */
  constructor(url: string, bytes: string | Uint8Array = '', localAddress = '127.0.0.1') {
    const { hostname, port } = new URL(url);
    this.socket = connect({ host: hostname, port: Number(port), localAddress }).setEncoding('latin1');
    open.add(this.socket);
    this.ended = new Promise((resolve) => {
      this.socket.once('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
      this.socket.once('close', () => resolve('end'));
    });
    this.socket.write(bytes);
  }

  /** Reads from now on. */
  read(): this {
    if (this.socket.listenerCount('data') === 0)
      this.socket.on('data', (text: string) => (this.received += text));
    return this;
  }

  /** Reads until a text has come. @throws Error when the connection ends before */
  async until(text: string): Promise<string> {
    this.read();
    while (!this.received.includes(text)) {
      const ended = await Promise.race([once(this.socket, 'data').then(() => undefined), this.ended]);
      if (ended !== undefined && !this.received.includes(text))
        throw new Error(`${ended} before "${text}": ${this.received}`);
    }
    return this.received;
  }

  /** Reads all until the connection ends. @returns how it ended */
  async toEnd(): Promise<string> {
    this.read();
    return this.ended;
  }
}

/**
 * A client that reads the beginning of an answer, and the rest when it is told to. It is no Node: that takes a reset for a
 * clean end when it finds data and the reset at once.
 */
export class StalledClient {
  /** Settles when the answer has begun. */
  readonly begun: Promise<unknown>;
  readonly #bash: ChildProcess;

  constructor(url: string, request: string) {
    const { hostname, port } = new URL(url);
    const script = `exec 3<>/dev/tcp/${hostname}/${port}; printf %s "$1" >&3; head -c 1 <&3; read -r; exec cat <&3 >/dev/null`;
    this.#bash = spawn('bash', ['-c', script, 'bash', request], { env: { LC_ALL: 'C' } });
    if (this.#bash.stdout === null) throw new Error('No standard output.');
    this.begun = once(this.#bash.stdout, 'data');
  }

  /** Reads the rest. @returns what was wrong with it; empty when it ended cleanly */
  async toEnd(): Promise<string> {
    let failure = '';
    this.#bash.stderr?.setEncoding('utf8').on('data', (text: string) => (failure += text));
    this.#bash.stdin?.end('\n');
    await once(this.#bash, 'close');
    return failure;
  }
}

/** A server without Spoor's routes, with bounds as small as a test needs. */
export async function listenWith(
  listener: RequestListener,
  {
    maxConnections = 64,
    trustProxy = 0,
    ...options
  }: Partial<ListenOptions & { maxConnections: number }> = {},
): Promise<Listening & { readonly shares: ListenOptions['shares'] }> {
  const shares = createShares({
    maxQueries: 4,
    maxExpensiveQueries: 2,
    maxExports: 4,
    spoolBytes: 0,
    exportFileBytes: 0,
    maxConnections,
    trustProxy,
    heapBytes: 1_073_741_824,
  });
  const defaults = { host: '127.0.0.1', port: 0, corsOrigins: [], keepAliveMs: 75_000 };
  const settings = { ...defaults, trustProxy, shares, ...options };
  return { ...(await listen(listener, settings)), shares };
}

/** Sends bytes and reads nothing of what comes. */
export function ask(url: string, bytes: string): RawClient {
  return new RawClient(url, bytes);
}

/** For `afterEach`. */
export function endRawClients(): void {
  for (const socket of open) socket.destroy();
  open.clear();
}
