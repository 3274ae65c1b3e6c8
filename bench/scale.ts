import { type Bench, type Benchmark, type Result, atMost, medianTime } from './harness.ts';
import { addOthers, ensureOwner } from './owners.ts';
import { requestDashboard, requestLink } from './stats-requests.ts';

/** The size that growth is relative to; smaller if the table has fewer clicks. */
const BASE_CLICKS = 2_000_000;

/** Factors by which the table grows. */
const GROWTH = [10, 30];

/** Requests for the same link and owner while the table grows by clicks of others. */
export const scale: Benchmark = {
  floor: 'Spoor itself before clicks of others were added to the table',
  run: async (bench) => {
    await ensureOwner(bench, 'fresh');
    const floor = await measure(bench);
    const results: Result[] = [];
    let size = bench.clicks;
    for (const growth of GROWTH) {
      const grown = Math.max(size, growth * Math.min(bench.clicks, BASE_CLICKS));
      await addOthers(bench, grown - size);
      size = grown;
      const { link, dashboard } = await measure(bench);
      results.push(
        atMost(`scale-link-x${growth}`, 'ms', link, floor.link, 1.3),
        atMost(`scale-dashboard-fresh-x${growth}`, 'ms', dashboard, floor.dashboard, 1.3),
      );
    }
    return results;
  },
};

async function measure(bench: Bench): Promise<{ readonly link: number; readonly dashboard: number }> {
  return {
    link: await medianTime(61, () => requestLink(bench)),
    dashboard: await medianTime(7, () => requestDashboard(bench, 'fresh')),
  };
}
