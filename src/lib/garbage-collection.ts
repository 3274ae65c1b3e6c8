import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isLent } from './read-buffers.ts';

/** What may pass between two sweeps. One takes well under a millisecond. */
const SWEPT_BYTES = 4_194_304;

/**
 * By how much the heap may grow, in percent of what lives, before all of it is collected while streams pass. By V8's own
 * choice a stream of workbooks' rows, of which the old space gets a few with each sweep, has 30 MB more of dead ones.
 */
const GROWTH_PERCENT = 50;

/** Of V8. */
const OWN_CHOICE = 0;

let sweep: (() => void) | undefined;
let passing = 0;

/**
 * Passes bytes on and has what came before them swept away. V8 sees how small a Buffer's object is, not what hangs on
 * it, and lets some 32 MB of dead ones gather before it looks: more than all else that a stream of any length needs.
 * @param areGivenBack whether pieces that can be given back will be, so that they leave nothing behind
 */
export async function* swept(bytes: AsyncIterable<Buffer>, areGivenBack = false): AsyncGenerator<Buffer> {
  sweep ??= createSweep();
  if (passing++ === 0) setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  try {
    let passed = 0;
    for await (const piece of bytes) {
      if (!areGivenBack || !isLent(piece)) passed += piece.length;
      if (passed > SWEPT_BYTES) {
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
