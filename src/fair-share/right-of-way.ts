/** So long after it began, a request is no short one any more: milliseconds. */
const SHORT_MS = 100;

/** Of its time, the part that a thread gives way at most. */
const LARGEST_PART = 1 / 4;

/** What a thread that has never given way has saved up at most, milliseconds. */
const MOST_SAVED_MS = 100;

/** The number of short requests in progress, in memory that all threads share. */
export type ShortRequests = Int32Array<SharedArrayBuffer>;

/**
 * Short requests go before the threads that read large ones, since a thread that is running keeps its core for some
 * milliseconds, whatever its priority, and a request waits for a core in each step between client, service and ClickHouse.
 */
export class RightOfWay {
  readonly shared: ShortRequests = new Int32Array(new SharedArrayBuffer(4));

  /** Takes it for a request that has come. @returns gives it back; that happens by itself once the request is not short */
  take(): () => void {
    Atomics.add(this.shared, 0, 1);
    let isTaken = true;
    const giveBack = (): void => {
      if (!isTaken) return;
      isTaken = false;
      clearTimeout(timer);
      if (Atomics.sub(this.shared, 0, 1) === 1) Atomics.notify(this.shared, 0);
    };
    const timer = setTimeout(giveBack, SHORT_MS).unref();
    return giveBack;
  }
}

/** A thread's clock in milliseconds, and how it waits for a number in shared memory to be another one, or for some time. */
export interface ThreadTime {
  readonly now: () => number;
  readonly wait: (shared: ShortRequests, value: number, milliseconds: number) => void;
}

const THREAD_TIME: ThreadTime = {
  now: () => performance.now(),
  wait: (shared, value, milliseconds) => void Atomics.wait(shared, 0, value, milliseconds),
};

/** @returns called by a thread between two steps of its work: blocks it while short requests are in progress, a quarter of its time at most */
export function givingWay(requests: ShortRequests, { now, wait }: ThreadTime = THREAD_TIME): () => void {
  let saved = 0;
  let since = now();
  const pass = (): number => {
    const before = since;
    since = now();
    return since - before;
  };
  return () => {
    // For each part that it gives way, a thread works three.
    saved = Math.min(MOST_SAVED_MS, saved + (pass() * LARGEST_PART) / (1 - LARGEST_PART));
    for (let count = Atomics.load(requests, 0); count > 0 && saved > 0; count = Atomics.load(requests, 0)) {
      wait(requests, count, saved);
      saved -= pass();
    }
  };
}
