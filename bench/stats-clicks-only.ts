import { type Benchmark, atMost, interleaved } from './harness.ts';
import { ensureOwner } from './owners.ts';
import { askDashboard, clicksByHand } from './stats-questions.ts';

/** Seven dimensions, clicks alone. */
export const statsClicksOnly: Benchmark = {
  floor: 'one hand-written GROUPING SETS query with count(), and uniqExact for the summary alone',
  run: async (bench) => {
    await ensureOwner(bench, 'returning');
    const { spoor, floor } = await interleaved(
      7,
      () => askDashboard(bench, 'returning', 'clicks'),
      () => clicksByHand(bench, 'returning'),
    );
    return [atMost('stats-clicks-only', 'ms', spoor, floor, 1.1)];
  },
};
