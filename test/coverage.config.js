import { join } from 'node:path';
import config from '../jest.config.js';

const rootDir = join(import.meta.dirname, '..');

/** The unit suites with what they cover: a floor that a change may not fall below. `npm run coverage` uses it. */
export default {
  ...config,
  rootDir,
  projects: config.projects
    .filter(({ displayName }) => displayName === 'unit')
    .map((project) => ({ ...project, rootDir })),
  // Counting slows loops over every code point or row down.
  testTimeout: 600_000,
  collectCoverage: true,
  coverageReporters: ['text-summary', 'lcov'],
  collectCoverageFrom: ['src/**/*.ts', '!src/dashboard/**'],
};
