import { type Benchmark, atMost, interleaved } from './harness.ts';
import { ensureOwner } from './owners.ts';
import { requestDashboard, dashboardByHand } from './stats-requests.ts';

/** Seven dimensions and both metrics, for an owner whose visitors return. */
export const statsDashboardReturning: Benchmark = {
  floor: 'one hand-written GROUPING SETS query with uniqExact',
  run: async (bench) => {
    await ensureOwner(bench, 'returning');
    const { spoor, floor } = await interleaved(
      7,
      () => requestDashboard(bench, 'returning'),
      () => dashboardByHand(bench, 'returning'),
    );
    return [atMost('stats-dashboard-returning', 'ms', spoor, floor, 1.05)];
  },
};
