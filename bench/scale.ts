import { type Bench, type Benchmark, type Result, atMost, medianTime } from './harness.ts';
import { addOthers, ensureOwner } from './owners.ts';
import { askDashboard, askLink } from './stats-questions.ts';

/** Sample clicks that the growth is counted from; fewer where the table has fewer. */
const SMALL = 2_000_000;

/** What the table grows to. */
const GROWTH = [10, 30];

/** The same link and owner are asked about while the table grows by clicks of others. */
export const scale: Benchmark = {
  floor: 'itself before the clicks of others came into the table',
  run: async (bench) => {
    await ensureOwner(bench, 'fresh');
    const floor = await measure(bench);
    const results: Result[] = [];
    let size = bench.clicks;
    for (const growth of GROWTH) {
      const grown = Math.max(size, growth * Math.min(bench.clicks, SMALL));
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
    link: await medianTime(61, () => askLink(bench)),
    dashboard: await medianTime(7, () => askDashboard(bench, 'fresh')),
  };
}
