import { progressOf } from '../body/body-progress.ts';
import { BODY_DEADLINE_MS } from '../request/request-limits.ts';
import { TOO_SLOW } from '../request/unreadable.ts';
import { bytesTaken } from '../response/bytes-taken.ts';
import type { Connection } from './client-connection.ts';
import { resetConnection } from './resetting-response.ts';

const SLOWEST_MS = 30_000;
const LOOK_EVERY_MS = 1_000;

/** What may wait in memory for clients to take it, all together. */
const MAX_UNREAD_BYTES = 128 * 1_048_576;

/**
 * Cuts clients that trickle: a response is given any time as long as it has a pace, a body has a deadline as well. One look a
 * second at all connections, which end with the returned function.
 */
export function watchPace(
  connections: Iterable<Connection>,
  slowestMs = SLOWEST_MS,
  deadlineMs = BODY_DEADLINE_MS,
): () => void {
  const watch = setInterval(() => {
    for (const connection of connections) {
      cutSlowReader(connection, slowestMs);
      cutSlowSender(connection, slowestMs, deadlineMs);
    }
    cutMostUnread(connections);
  }, LOOK_EVERY_MS).unref();
  return () => clearInterval(watch);
}

function cutSlowReader({ socket, sent }: Connection, slowestMs: number): void {
  const taken = bytesTaken(socket);
  // Nothing waits to be sent when it is the query that is slow.
  if (socket.writableLength === 0) sent.restart(taken);
  else if (sent.isTooSlow(taken, slowestMs)) resetConnection(socket);
}

/**
 * A body that the server does not read, being busy, is not the client's fault; one that is still being sent long after it
 * was answered is of no use.
 */
function cutSlowSender(connection: Connection, slowestMs: number, deadlineMs: number): void {
  const { socket, received, exchange } = connection;
  if (exchange === undefined || exchange.request.complete) return;
  const { request, response } = exchange;
  const isOfUse = !response.writableFinished;
  const progress = progressOf(request);
  const isOverdue = progress?.since !== undefined && performance.now() - progress.since > deadlineMs;
  const isBusy = progress === undefined ? request.readableLength > 0 : !progress.isAwaited;
  const bytes = progress?.bytes ?? socket.bytesRead;
  if (isOverdue) connection.refuse(TOO_SLOW);
  else if (isOfUse && isBusy) received.restart(bytes);
  else if (received.isTooSlow(isOfUse ? bytes : 0, slowestMs)) connection.refuse(TOO_SLOW);
}

/** Resets connections of the clients with the most unread bytes, the fullest first, until the rest is within the limit. */
function cutMostUnread(connections: Iterable<Connection>): void {
  const unread = [...connections].filter(({ socket }) => socket.writableLength > 0);
  let total = 0;
  const byHolder = new Map<string, number>();
  for (const { socket, holder } of unread) {
    total += socket.writableLength;
    byHolder.set(holder.name, (byHolder.get(holder.name) ?? 0) + socket.writableLength);
  }
  while (total > MAX_UNREAD_BYTES) {
    const [name] = [...byHolder].reduce((most, other) => (other[1] > most[1] ? other : most), ['', 0]);
    const fullest = unread
      .filter(({ socket, holder }) => holder.name === name && !socket.destroyed)
      .reduce((most, other) => (other.socket.writableLength > most.socket.writableLength ? other : most));
    const bytes = fullest.socket.writableLength;
    resetConnection(fullest.socket);
    total -= bytes;
    byHolder.set(name, (byHolder.get(name) ?? 0) - bytes);
  }
}
