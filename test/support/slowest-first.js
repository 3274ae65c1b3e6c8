import Sequencer from '@jest/test-sequencer';

const ORDER = ['slow', 'api', 'unit'];

/** Begins with the suites that start processes, so that no long one is left over when the other workers are done. */
export default class SlowestFirst extends Sequencer {
  async sort(tests) {
    const rank = ({ context }) => ORDER.indexOf(context.config.displayName.name);
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's own method
    const slowestFirst = await super.sort(tests.slice());
    return slowestFirst.toSorted((a, b) => rank(a) - rank(b));
  }
}
