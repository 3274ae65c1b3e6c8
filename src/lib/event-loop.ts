/**
 * How long a piece of work may keep the event loop before the others get a turn. What they do then and a collection of
 * garbage come on top; together it is to stay under 20 ms.
 */
const TURN_MS = 1;

const waiting: (() => void)[] = [];

/**
 * Settles when others have had their turn. Of all work that waits for its next turn, one gets it in each round of the event
 * loop, so that what comes from outside is held up by one turn and not by one of each.
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

/** Asked again and again by work that takes long: a promise to wait for when it is time to let the others have a turn. */
export type TurnOver = () => Promise<void> | undefined;

/** @param looks at the clock at every so many calls only: a look costs as much as taking in a tenth of a click */
export function turns(looks = 1): TurnOver {
  let asked = 0;
  let since = performance.now();
  const pause = async (): Promise<void> => {
    await nextTurn();
    since = performance.now();
  };
  return () => (++asked % looks !== 0 || performance.now() - since < TURN_MS ? undefined : pause());
}

/** Passes on what comes, letting the others have a turn in between where much comes at once. */
export async function* inTurns<Piece>(pieces: AsyncIterable<Piece> | Iterable<Piece>): AsyncGenerator<Piece> {
  const turnOver = turns();
  for await (const piece of pieces) {
    yield piece;
    const turn = turnOver();
    if (turn !== undefined) await turn;
  }
}

const SLICE_BYTES = 262_144;

/** Bytes cut into slices that one step of work has little to do with. */
export function* slicesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}
