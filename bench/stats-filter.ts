import { type Benchmark, atMost, interleaved } from './harness.ts';
import { ask } from './stats-questions.ts';

const VALUES = 1_000;
const DAY_MS = 86_400_000;

/** A filter by a thousand hosts, on one owner's clicks. */
export const statsFilter: Benchmark = {
  floor: 'the same question with one value in the filter, p50',
  run: async (bench) => {
    let asked = 0;
    const question = (values: number) => {
      const hosts = Array.from({ length: values }, (_, index) => `h${index}.example`);
      const range = `start_date=${bench.end - 28 * DAY_MS}&end_date=${bench.end - ++asked}`;
      return ask(bench, `owner_id=${bench.owner}&${range}&referrer=t.co,${hosts.join(',')}`);
    };
    const { spoor, floor } = await interleaved(
      31,
      () => question(VALUES),
      () => question(1),
      10,
    );
    return [atMost('stats-filter', 'ms', spoor, floor, 1.2)];
  },
};
