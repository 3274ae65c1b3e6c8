import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ByteLru } from '../../cache/byte-lru.ts';
import { givingWay } from '../../fair-share/right-of-way.ts';
import { beforeEachTurn } from '../../lib/event-loop.ts';
import { type Remote, connect } from '../../process/thread-calls.ts';
import { lowerThreadPriority } from '../../process/thread-priority.ts';
import { enrichment } from '../enrichment.ts';
import { visitorHasher } from '../enrich/visitor.ts';
import { storeBatch } from '../import/store-batch.ts';
import type { LineList } from '../import/timed-lines.ts';
import { ingestBytes } from '../ingest-bytes.ts';
import { keptSinceOf } from '../retention.ts';
import { GrantedRoom } from './granted-room.ts';
import type { MainCalls, ThreadCalls, ThreadRoom, ThreadSettings } from './ingest-calls.ts';
import { RemoteContext, type ThreadParts } from './remote-context.ts';

/** The part of a thread's caches for user agents. */
const AGENTS_SHARE = 2 / 5;

lowerThreadPriority();

const settings: ThreadSettings = workerData;
const { shards, cacheBytes } = settings;
beforeEachTurn(givingWay(settings.shortRequests));
let asking: Remote<MainCalls> | undefined;

const { needsPlace, steps } = enrichment({
  hashVisitor: visitorHasher(settings.visitorSecret),
  placeFiles: async () => {
    if (asking === undefined) throw new Error('No request needs a place.');
    return asking.call('placeFiles', []);
  },
  hasNetworks: settings.hasNetworks,
  caches: {
    userAgents: new ByteLru(cacheBytes * AGENTS_SHARE),
    places: new ByteLru(cacheBytes * (1 - AGENTS_SHARE)),
  },
});

const shared: ThreadParts = {
  keptSince: keptSinceOf(settings.retentionDays),
  needsPlace,
  steps: (withPlace, main) => {
    asking = main;
    return steps(withPlace);
  },
};

/** Works on one request, whose port it is. */
parentPort?.on('message', (port: MessagePort) => {
  const leaving = new AbortController();
  const offered: ThreadCalls = {
    ingest: (request, room) =>
      ingestBytes(context, request, {
        room: roomOf(room),
        signal: leaving.signal,
        // What has no name has nothing to wait for.
        mayStore: request.once && (() => main.call('mayStore', [])),
      }),
    storeBatch: (request, room) =>
      storeBatch({ database: context.database, shards, context }, request, {
        room: roomOf(room),
        count: (lines) => main.call('count', [sent(lines)]),
        alone: (work) => context.callback('alone', work),
        mayStore: () => main.call('mayStore', []),
      }),
    resume: (work) => context.resume(work),
    abort: () => leaving.abort(),
  };
  const main = connect<MainCalls>(port, offered);
  const context = new RemoteContext(main, shared);
  const roomOf = (room: ThreadRoom): GrantedRoom =>
    new GrantedRoom(room, (units) => {
      // Answered in the room: nothing is received while the thread waits.
      main.call('growRoom', [units]).catch(() => {});
    });
});

/** Without the room that the list has to grow. */
function sent({ length, indexes, times, keys, isClick }: LineList): LineList {
  return {
    length,
    indexes: indexes.slice(0, length),
    times: times.slice(0, length),
    keys: keys.slice(0, 2 * length),
    isClick: isClick.slice(0, length),
  };
}
