import { join } from 'node:path';
import config from '../jest.config.js';

const rootDir = join(import.meta.dirname, '..');

/** The unit suites with what they cover: a floor that a change may not fall below. `npm run coverage` uses it. */
export default {
  ...config,
  rootDir,
  projects: config.projects
    .filter(({ displayName }) => displayName === 'unit')
    .map((project) => ({ ...project, rootDir, roots: ['<rootDir>/src', '<rootDir>/test'] })),
  // Counting slows loops over every code point or row down.
  testTimeout: 600_000,
  collectCoverage: true,
  coverageReporters: ['text-summary', 'lcov'],
  // The other suites cover the rest, in processes of their own or over HTTP.
  coverageThreshold: { global: { statements: 56, branches: 54, functions: 52, lines: 56 } },
  collectCoverageFrom: ['src/**/*.ts', '!src/dashboard/**'],
};
