import { type Benchmark, atMost, interleaved } from './harness.ts';
import { ensureOwner } from './owners.ts';
import { requestDashboard, dashboardByHand } from './stats-requests.ts';

/** Seven dimensions and both metrics, for an owner whose visitors mostly come once. */
export const statsDashboardFresh: Benchmark = {
  floor: 'one hand-written GROUPING SETS query with uniqExact',
  run: async (bench) => {
    await ensureOwner(bench, 'fresh');
    const { spoor, floor } = await interleaved(
      7,
      () => requestDashboard(bench, 'fresh'),
      () => dashboardByHand(bench, 'fresh'),
    );
    return [atMost('stats-dashboard-fresh', 'ms', spoor, floor, 0.65)];
  },
};
