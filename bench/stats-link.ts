import { type Benchmark, atMost, interleaved } from './harness.ts';
import { requestLink, linkByHand } from './stats-requests.ts';

/** Time that Spoor may add to ClickHouse's. */
const MAX_ADDED_MS = 4;

/** Requests until V8 has compiled most of the code. */
const WARM_UPS = 200;

/** The default stats request for one link. */
export const statsLink: Benchmark = {
  floor: 'the same result from ClickHouse by the best hand-written SQL over HTTP, p50',
  run: async (bench) => {
    const { spoor, floor } = await interleaved(
      61,
      () => requestLink(bench),
      () => linkByHand(bench),
      WARM_UPS,
    );
    return [
      atMost('stats-link', 'ms', spoor, floor, 1.25),
      atMost('stats-link-added', 'ms', spoor - floor, MAX_ADDED_MS, 1),
    ];
  },
};
