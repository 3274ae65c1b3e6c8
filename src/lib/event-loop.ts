/**
 * How long a task may block the event loop before it yields. Other tasks and garbage collection add to that; together they
 * should stay under 20 ms.
 */
const TURN_MS = 1;

const waiting: (() => void)[] = [];

/**
 * Yields to the event loop. Of all tasks that have yielded, one continues in each round of the event loop, so that incoming
 * requests wait for one slice, not for one of each task.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(giveTurn);
  });
}

function giveTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(giveTurn);
}

/** Called repeatedly by long tasks: returns a promise to await when it is time to yield. */
export type TurnOver = () => Promise<void> | undefined;

/** @param looks checks the clock only at every n-th call: a check costs a tenth of parsing a click */
export function turns(looks = 1): TurnOver {
  let asked = 0;
  let since = performance.now();
  const pause = async (): Promise<void> => {
    await nextTurn();
    since = performance.now();
  };
  return () => (++asked % looks !== 0 || performance.now() - since < TURN_MS ? undefined : pause());
}

/** Passes pieces on, and yields to the event loop between them if many arrive at once. */
export async function* inTurns<Piece>(pieces: AsyncIterable<Piece> | Iterable<Piece>): AsyncGenerator<Piece> {
  const turnOver = turns();
  for await (const piece of pieces) {
    yield piece;
    const turn = turnOver();
    if (turn !== undefined) await turn;
  }
}

const SLICE_BYTES = 262_144;

/** Cuts bytes into slices that are each processed quickly. */
export function* slicesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}
