/**
 * The seed of what is random in a run. The same each time, so that a red run is the change's fault; each night's run
 * takes another by the environment, and so does who repeats that one.
 */
export const SEED = Number(process.env['SPOOR_TEST_SEED'] ?? 20_261_130);

/** How often to try what takes long. @param onChange tries for a change, which has to be quick; a night makes four times as many */
export function tries(onChange: number): number {
  return process.env['SPOOR_TEST_SEED'] === undefined ? onChange : 4 * onChange;
}

/** Whole numbers from 0 to below `below`, the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
