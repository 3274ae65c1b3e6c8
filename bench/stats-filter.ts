import { FILTER_LIMITS } from '../src/stats/parse/filter-parameters.ts';
import { OPERATOR_NAMES, type OperatorName, operatorOf } from '../src/stats/registry/operators.ts';
import { type Bench, type Benchmark, type Result, atMost, interleaved } from './harness.ts';
import { requestStats } from './stats-requests.ts';

const VALUES = 1_000;
const DAY_MS = 86_400_000;
const RUNS = 15;
const WARM_UPS = 3;

/** A filter of a thousand values of each operator on one owner's clicks, or of as many patterns as a request may have. */
export const statsFilter: Benchmark = {
  floor: 'the same request with one value in the filter, p50',
  run: async (bench) => {
    const results: Result[] = [];
    for (const operator of OPERATOR_NAMES) results.push(await measure(bench, operator));
    return results;
  },
};

async function measure(bench: Bench, operator: OperatorName): Promise<Result> {
  const most = operatorOf(operator).takes === 'patterns' ? FILTER_LIMITS.patterns : VALUES;
  let sent = 0;
  const request = (count: number) => {
    const range = `start_date=${bench.end - 28 * DAY_MS}&end_date=${bench.end - ++sent}`;
    return requestStats(bench, `owner_id=${bench.owner}&${range}&referrer.${operator}=${values(count)}`);
  };
  const { spoor, floor } = await interleaved(
    RUNS,
    () => request(most),
    () => request(1),
    WARM_UPS,
  );
  return atMost(`stats-filter-${operator.replaceAll('_', '-')}`, 'ms', spoor, floor, 1.2);
}

/** One that a twelfth of the clicks have, and others that none has. */
function values(count: number): string {
  return ['t.co', ...Array.from({ length: count - 1 }, (_, index) => `h${index}.example`)].join(',');
}
