import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { once } from 'node:events';

/** A way to a server that can be shut, as when the server is gone, and opened again. */
export class Gate {
  readonly #target: URL;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #url = '';
  #port = 0;
  #cutAfter = Infinity;
  #isHeld = false;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((client) => this.#lead(client));
  }

  static async open(target: string): Promise<Gate> {
    const gate = new Gate(target);
    await gate.open();
    return gate;
  }

  /** Where the server is to be had, as long as the gate is open. */
  get url(): string {
    return this.#url;
  }

  async open(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#url = `http://127.0.0.1:${this.#port}`;
  }

  /** Breaks all connections and takes no more. */
  async shut(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Lets nothing through any more, as when the server hangs, until `release`. */
  hold(): void {
    this.#isHeld = true;
    for (const socket of this.#sockets) socket.pause();
  }

  release(): void {
    this.#isHeld = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** From now on a connection breaks when the server has sent so many bytes on it. */
  cutAfter(bytes: number): void {
    this.#cutAfter = bytes;
    for (const socket of this.#sockets) socket.destroy();
  }

  #lead(client: Socket): void {
    const server = connect(Number(this.#target.port), this.#target.hostname);
    let sent = 0;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(server);
    server.on('data', (piece) => {
      client.write(piece.subarray(0, this.#cutAfter - sent));
      sent += piece.length;
      if (sent > this.#cutAfter) client.destroySoon();
    });
    if (this.#isHeld) this.hold();
  }
}
