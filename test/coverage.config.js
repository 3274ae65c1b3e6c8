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
  collectCoverage: true,
  coverageProvider: 'babel',
  coverageReporters: ['text-summary', 'lcov'],
  collectCoverageFrom: ['src/**/*.ts', '!src/dashboard/**'],
};
