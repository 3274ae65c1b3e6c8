/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  globalSetup: '<rootDir>/test/support/start-clickhouse.ts',
  globalTeardown: '<rootDir>/test/support/stop-clickhouse.ts',
  // Jest would leave one core idle; most suites wait for processes of their own.
  maxWorkers: 2,
  testTimeout: 60_000,
};
