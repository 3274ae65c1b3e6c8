import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isLent } from './read-buffers.ts';

/** Bytes between two collections of the young generation. One takes well under a millisecond. */
const BYTES_BETWEEN = 4_194_304;

/**
 * By how much the heap may grow, in percent of the live objects, before V8 collects all of it while streams pass. With V8's default,
 * a stream of a workbook's rows leaves 30 MB more of dead objects, because each collection moves a few rows into the old space.
 */
const GROWTH_PERCENT = 50;

/** Restores V8's default. */
const OWN_CHOICE = 0;

let sweep: (() => void) | undefined;
let passing = 0;

/**
 * Passes bytes on, and collects the dead Buffers of earlier pieces now and then. V8 counts the small objects of Buffers, not the memory
 * they hold, and lets some 32 MB of dead ones gather before it collects them: more than everything else that a stream needs.
 * @param reusesBuffers whether lent buffers are given back after use (`read-buffers.ts`), so that they need no collection
 */
export async function* collectingBuffers(
  bytes: AsyncIterable<Buffer>,
  reusesBuffers = false,
): AsyncGenerator<Buffer> {
  sweep ??= createSweep();
  if (passing++ === 0) setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  try {
    let passed = 0;
    for await (const piece of bytes) {
      if (!reusesBuffers || !isLent(piece)) passed += piece.length;
      if (passed > BYTES_BETWEEN) {
        passed = 0;
        sweep();
      }
      yield piece;
    }
  } finally {
    if (--passing === 0) setFlagsFromString(`--heap-growing-percent=${OWN_CHOICE}`);
  }
}

/** A collection of the young generation alone. Only contexts made after the flag is set have the function. */
function createSweep(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  return typeof collect === 'function' ? () => void collect({ type: 'minor' }) : () => {};
}
