import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long a request may keep the event loop before the others get a turn. */
const TURN_MS = 20;
const CLICKS_A_LOOK = 32;

/** Asked for each click, tells when it is time to let the others have a turn of the event loop, and to wait for. */
export function turns(): () => Promise<void> | undefined {
  let asked = 0;
  let since = performance.now();
  const pause = async (): Promise<void> => {
    await nextTurn();
    since = performance.now();
  };
  // A look at the clock for every click would cost as much as some of the work.
  return () => (++asked % CLICKS_A_LOOK !== 0 || performance.now() - since < TURN_MS ? undefined : pause());
}
