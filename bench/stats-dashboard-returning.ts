import { type Benchmark, atMost, interleaved } from './harness.ts';
import { ensureOwner } from './owners.ts';
import { askDashboard, dashboardByHand } from './stats-questions.ts';

/** Seven dimensions, both metrics, of an owner whose visitors come again and again. */
export const statsDashboardReturning: Benchmark = {
  floor: 'one hand-written GROUPING SETS query with uniqExact',
  run: async (bench) => {
    await ensureOwner(bench, 'returning');
    const { spoor, floor } = await interleaved(
      7,
      () => askDashboard(bench, 'returning'),
      () => dashboardByHand(bench, 'returning'),
    );
    return [atMost('stats-dashboard-returning', 'ms', spoor, floor, 1.05)];
  },
};
