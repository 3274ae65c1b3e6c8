import { configureGlobal } from 'fast-check';
import { SEED } from './random.ts';

// With the run's seed, so that a run can be repeated.
configureGlobal({ seed: SEED });

export * from 'fast-check';
