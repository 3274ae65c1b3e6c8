import type { Socket } from 'node:net';
import type { FairShare } from '../../fair-share/fair-share.ts';
import type { Lease } from '../../fair-share/share.ts';
import type { Holder } from '../../fair-share/holder.ts';
import { clientNetwork } from '../request/client-address.ts';
import { Connection } from './client-connection.ts';
import type { Refusals } from './refusals.ts';
import { resetConnection } from './resetting-response.ts';

/** Who is connected. Nobody has more than a share of all connections. */
export class Connections {
  readonly #share: FairShare;
  readonly #refusals: Refusals;
  readonly #open = new Map<Socket, { readonly connection: Connection; readonly lease: Lease }>();
  /** In the order in which they came. */
  readonly #byPeer = new Map<string, Set<Connection>>();

  constructor(share: FairShare, refusals: Refusals) {
    this.#share = share;
    this.#refusals = refusals;
  }

  /** Takes a connection; where its peer has its share, or all are taken, in place of an idle one. Resets it where none is. */
  accept(socket: Socket): void {
    const peer: Holder = { kind: 'anonymous', name: clientNetwork({ socket, headers: {} }, 0) };
    const lease = this.#share.take(peer) ?? (this.#makeRoom(peer) ? this.#share.take(peer) : undefined);
    if (lease === undefined) {
      this.#share.refuse();
      resetConnection(socket);
      return;
    }
    const connection = new Connection(socket, peer, this.#refusals);
    const siblings = this.#byPeer.get(peer.name) ?? new Set();
    this.#byPeer.set(peer.name, siblings.add(connection));
    this.#open.set(socket, { connection, lease });
    socket.once('close', () => this.#forget(socket));
  }

  /** undefined when it was not accepted or is closed. */
  find(socket: Socket): Connection | undefined {
    return this.#open.get(socket)?.connection;
  }

  *[Symbol.iterator](): Generator<Connection> {
    for (const { connection } of this.#open.values()) yield connection;
  }

  /** Closes idle connections. */
  closeIdle(): void {
    for (const { socket, isIdle } of this) if (isIdle) socket.destroy();
  }

  /** Cuts off all that are left. */
  reset(): void {
    for (const socket of this.#open.keys()) resetConnection(socket);
  }

  /** Closes the oldest idle connection of the client that has the most, if it keeps at least as many as `peer` gets; else of `peer`. */
  #makeRoom(peer: Holder): boolean {
    let most = new Set<Connection>();
    for (const connections of this.#byPeer.values()) if (connections.size > most.size) most = connections;
    const own = this.#byPeer.get(peer.name) ?? new Set();
    const candidates = most.size < this.#share.heldBy(peer) + 2 ? [own] : [most, own];
    for (const { socket, isIdle } of candidates.flatMap((connections) => [...connections])) {
      if (!isIdle) continue;
      socket.destroy();
      this.#forget(socket);
      return true;
    }
    return false;
  }

  #forget(socket: Socket): void {
    const open = this.#open.get(socket);
    if (open === undefined) return;
    const { connection, lease } = open;
    this.#open.delete(socket);
    const siblings = this.#byPeer.get(lease.holder.name);
    siblings?.delete(connection);
    if (siblings?.size === 0) this.#byPeer.delete(lease.holder.name);
    lease.release();
  }
}
