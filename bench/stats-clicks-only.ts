import { type Benchmark, atMost, interleaved } from './harness.ts';
import { ensureOwner } from './owners.ts';
import { requestDashboard, clicksByHand } from './stats-requests.ts';

/** Seven dimensions, without visitors. */
export const statsClicksOnly: Benchmark = {
  floor: 'one hand-written GROUPING SETS query with count(), and uniqExact only for the summary',
  run: async (bench) => {
    await ensureOwner(bench, 'returning');
    const { spoor, floor } = await interleaved(
      7,
      () => requestDashboard(bench, 'returning', 'clicks'),
      () => clicksByHand(bench, 'returning'),
    );
    return [atMost('stats-clicks-only', 'ms', spoor, floor, 1.1)];
  },
};
