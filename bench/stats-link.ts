import { type Benchmark, atMost, interleaved } from './harness.ts';
import { askLink, linkByHand } from './stats-questions.ts';

/** Milliseconds that Spoor may add to what ClickHouse takes. */
const MAY_ADD_MS = 4;

/** So many pass until V8 has compiled most of what a question runs through. */
const WARM_UPS = 200;

/** One link's default question. */
export const statsLink: Benchmark = {
  floor: 'the same result from ClickHouse by the best hand-written SQL over HTTP, p50',
  run: async (bench) => {
    const { spoor, floor } = await interleaved(
      61,
      () => askLink(bench),
      () => linkByHand(bench),
      WARM_UPS,
    );
    return [
      atMost('stats-link', 'ms', spoor, floor, 1.25),
      atMost('stats-link-added', 'ms', spoor - floor, MAY_ADD_MS, 1),
    ];
  },
};
