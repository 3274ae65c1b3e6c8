import { type Benchmark, atMost, interleaved } from './harness.ts';
import { ensureOwner } from './owners.ts';
import { requestBatch, requestParts } from './stats-requests.ts';

/** The questions of a dashboard in one request, against the same one after the other. */
export const statsBatch: Benchmark = {
  floor: 'the same questions, a request each',
  run: async (bench) => {
    await ensureOwner(bench, 'fresh');
    const { spoor, floor } = await interleaved(
      7,
      () => requestBatch(bench, 'fresh'),
      () => requestParts(bench, 'fresh'),
    );
    return [atMost('stats-batch', 'ms', spoor, floor, 1)];
  },
};
