/** So long after the first of its group began, a request is no short one any more: milliseconds. */
const SHORT_MS = 100;
/** Requests of so many milliseconds are a group. */
const TOGETHER_MS = 20;

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
  #newest: Group | undefined;

  /** Takes it for a request that has come. @returns gives it back; that happens by itself once the request is not short */
  take(): () => void {
    const group = (this.#newest ??= this.#newGroup());
    group.count++;
    Atomics.add(this.shared, 0, 1);
    let isTaken = true;
    return () => {
      if (!isTaken || group.isOver) return;
      isTaken = false;
      group.count--;
      this.#giveBack(1);
    };
  }

  #newGroup(): Group {
    const group = { count: 0, isOver: false };
    setTimeout(() => (this.#newest = undefined), TOGETHER_MS).unref();
    setTimeout(() => {
      group.isOver = true;
      this.#giveBack(group.count);
    }, SHORT_MS).unref();
    return group;
  }

  #giveBack(count: number): void {
    if (count > 0 && Atomics.sub(this.shared, 0, count) === count) Atomics.notify(this.shared, 0);
  }
}

/** Requests that came at about the same time. They have one timer: one each took 10 of the 76 µs of CPU of a cached response. */
interface Group {
  /** Those that have not given it back. */
  count: number;
  isOver: boolean;
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
