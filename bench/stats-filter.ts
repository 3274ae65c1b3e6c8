import { type Benchmark, atMost, interleaved } from './harness.ts';
import { requestStats } from './stats-requests.ts';

const VALUES = 1_000;
const DAY_MS = 86_400_000;

/** A filter with a thousand hosts on one owner's clicks. */
export const statsFilter: Benchmark = {
  floor: 'the same request with one value in the filter, p50',
  run: async (bench) => {
    let sent = 0;
    const request = (values: number) => {
      const hosts = Array.from({ length: values }, (_, index) => `h${index}.example`);
      const range = `start_date=${bench.end - 28 * DAY_MS}&end_date=${bench.end - ++sent}`;
      return requestStats(bench, `owner_id=${bench.owner}&${range}&referrer=t.co,${hosts.join(',')}`);
    };
    const { spoor, floor } = await interleaved(
      31,
      () => request(VALUES),
      () => request(1),
      10,
    );
    return [atMost('stats-filter', 'ms', spoor, floor, 1.2)];
  },
};
