/**
 * How long a task may block the event loop before it yields. Other tasks and garbage collection add to that; together they
 * should stay under 20 ms.
 */
const SLICE_MS = 1;

const waiting: (() => void)[] = [];

/**
 * Yields to the event loop. Of all tasks that have yielded, one continues in each round of the event loop, so that incoming
 * requests wait for one slice, not for one of each task.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(giveTurn);
  });
}

let beforeTurn: (() => void) | undefined;

/** @param work is done in each round in which a task continues, before it does */
export function beforeEachTurn(work: () => void): void {
  beforeTurn = work;
}

function giveTurn(): void {
  beforeTurn?.();
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(giveTurn);
}

/** Called repeatedly by long tasks: returns a promise to await when it is time to yield. */
export type YieldIfDue = () => Promise<void> | undefined;

/** @param looks checks the clock only at every n-th call: a check costs a tenth of parsing a click */
export function timeSlices(looks = 1): YieldIfDue {
  let asked = 0;
  let since = performance.now();
  const pause = async (): Promise<void> => {
    await yieldToEventLoop();
    since = performance.now();
  };
  return () => (++asked % looks !== 0 || performance.now() - since < SLICE_MS ? undefined : pause());
}

/** Passes pieces on, and yields to the event loop between them if many arrive at once. */
export async function* yielding<Piece>(
  pieces: AsyncIterable<Piece> | Iterable<Piece>,
): AsyncGenerator<Piece> {
  const yieldIfDue = timeSlices();
  for await (const piece of pieces) {
    yield piece;
    const due = yieldIfDue();
    if (due !== undefined) await due;
  }
}

const SLICE_BYTES = 262_144;

/** Cuts bytes into slices that are each processed quickly. */
export function* slicesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}
