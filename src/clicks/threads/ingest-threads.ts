import { createRequire } from 'node:module';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Room } from '../../fair-share/room.ts';
import { timeSlices } from '../../lib/event-loop.ts';
import { type Remote, connect, ownBytes } from '../../process/thread-calls.ts';
import type { BatchRequest } from '../import/store-batch.ts';
import type { ImportReport } from '../import/import-report.ts';
import type { ClicksRequest, IngestReport } from '../ingest-bytes.ts';
import type { IngestOptions } from '../ingest-options.ts';
import type { ThreadCalls, ThreadRoom, ThreadSettings } from './ingest-calls.ts';
import { type HostParts, IngestHost, type Surroundings } from './ingest-host.ts';

export interface IngestThreadsParts extends HostParts {
  readonly settings: ThreadSettings;
  readonly maxThreads: number;
  /** What V8 lets the heap of each grow to, in bytes: `Room` bounds what all of them take. */
  readonly heapBytes: number;
  /** Called when one has ended by itself. */
  readonly onFailure: (error: unknown) => void;
}

/** A thread has caches to fill, and takes memory. */
const IDLE_MS = 60_000;

/** The built one, wherever this module is run from. */
const THREAD = createRequire(import.meta.url).resolve('#ingest-thread');

/** A request of fewer bytes takes less time than it takes to start a thread. */
export const LARGE_BYTES = 262_144;

const COPIED_BYTES = 262_144;
const MIB = 1_048_576;

interface Thread {
  readonly worker: Worker;
  requests: number;
  idle: NodeJS.Timeout | undefined;
}

/** Threads that read large requests, so that the event loop only passes bytes on. They start when there is work. */
export class IngestThreads {
  readonly #parts: IngestThreadsParts;
  readonly #threads: Thread[] = [];

  constructor(parts: IngestThreadsParts) {
    this.#parts = parts;
  }

  /** Whether work on so many bytes is worth the way to a thread. */
  isFor(bytes: number): boolean {
    return bytes >= LARGE_BYTES;
  }

  /**
   * As `ingestBytes`, in a thread. It takes the bytes away.
   * @throws AppError also `unavailable` when the thread has ended; what was stored until then stays
   */
  async ingest(
    request: ClicksRequest,
    {
      room,
      signal,
      mayStore,
    }: Pick<IngestOptions, 'mayStore'> & {
      readonly room: Room;
      readonly signal: AbortSignal;
    },
  ): Promise<IngestReport> {
    const bytes = await ownedBytes([request.bytes]);
    return this.#run(room, { ...NO_IMPORT, mayStore }, signal, (thread, threadRoom) =>
      thread.call('ingest', [{ ...request, bytes }, threadRoom], [bytes.buffer]),
    );
  }

  /** As `storeBatch`, in a thread. @throws AppError also `unavailable` when the thread has ended */
  async storeBatch(
    request: BatchRequest,
    { room, ...surroundings }: Surroundings & { readonly room: Room },
  ): Promise<ImportReport> {
    // The batch may have to be stored again.
    const bytes = await ownedBytes(request.batch.pieces, true);
    const batch = { ...request.batch, pieces: [bytes] };
    return this.#run(room, surroundings, undefined, (thread, threadRoom) =>
      thread.call('storeBatch', [{ ...request, batch }, threadRoom], [bytes.buffer]),
    );
  }

  /** Ends the threads, and with them what they work on. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map(({ worker }) => worker.terminate()));
  }

  async #run<Result>(
    room: Room,
    surroundings: Surroundings,
    signal: AbortSignal | undefined,
    work: (thread: Remote<ThreadCalls>, room: ThreadRoom) => Promise<Result>,
  ): Promise<Result> {
    signal?.throwIfAborted();
    const host = new IngestHost(room);
    const { port1, port2 } = new MessageChannel();
    const thread = this.#leastBusy();
    const calls = host.calls(this.#parts, surroundings, () => remote);
    const remote = connect<ThreadCalls>(port1, calls);
    const abort = (): void => void remote.call('abort', []).catch(() => {});
    signal?.addEventListener('abort', abort, { once: true });
    thread.requests++;
    clearTimeout(thread.idle);
    try {
      thread.worker.postMessage(port2, [port2]);
      return await work(remote, host.threadRoom);
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : (host.refusal ?? error);
    } finally {
      signal?.removeEventListener('abort', abort);
      remote.close();
      thread.requests--;
      if (thread.requests === 0 && this.#threads.includes(thread)) this.#endLater(thread);
    }
  }

  #leastBusy(): Thread {
    const [first] = this.#threads.toSorted((a, b) => a.requests - b.requests);
    const isBusy = first === undefined || first.requests > 0;
    return isBusy && this.#threads.length < this.#parts.maxThreads ? this.#start() : (first ?? this.#start());
  }

  #start(): Thread {
    const { settings, heapBytes, onFailure } = this.#parts;
    const worker = new Worker(THREAD, {
      workerData: settings,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(heapBytes / MIB) },
    });
    const thread: Thread = { worker, requests: 0, idle: undefined };
    worker.unref();
    worker.on('error', onFailure);
    worker.on('exit', () => this.#forget(thread));
    this.#threads.push(thread);
    return thread;
  }

  #endLater(thread: Thread): void {
    thread.idle = setTimeout(() => {
      this.#forget(thread);
      void thread.worker.terminate();
    }, IDLE_MS).unref();
  }

  #forget(thread: Thread): void {
    clearTimeout(thread.idle);
    const place = this.#threads.indexOf(thread);
    if (place !== -1) this.#threads.splice(place, 1);
  }
}

const NO_IMPORT: Surroundings = {
  count: async () => new Map(),
  alone: async (work) => work(),
};

/** The same bytes in a buffer of their own, which can be handed over. @param areKept the pieces are needed once more */
async function ownedBytes(pieces: readonly Uint8Array[], areKept = false): Promise<Uint8Array<ArrayBuffer>> {
  const [first] = pieces;
  const isWhole = first?.byteLength === first?.buffer.byteLength;
  if (first !== undefined && pieces.length === 1 && isWhole && !areKept) return ownBytes(first);
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  const yieldIfDue = timeSlices();
  let at = 0;
  for (const piece of pieces) {
    for (let start = 0; start < piece.length; start += COPIED_BYTES) {
      const some = piece.subarray(start, start + COPIED_BYTES);
      all.set(some, at);
      at += some.length;
      const due = yieldIfDue();
      if (due !== undefined) await due;
    }
  }
  return all;
}
