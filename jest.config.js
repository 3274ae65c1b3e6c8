import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Suites that take more than Node and npm. */
const NEEDING = [
  {
    suite: 'test/integration/export-office',
    isPossible: has('soffice'),
    remedy: 'apt-get install --no-install-recommends libreoffice-calc-nogui',
  },
  {
    suite: 'test/integration/rate-limits-redis',
    isPossible: has('redis-server'),
    remedy: 'apt-get install redis-server',
  },
  {
    suite: 'test/integration/cluster-keeper',
    isPossible: has('java') && existsSync('/usr/share/java/zookeeper.jar'),
    remedy: 'apt-get install --no-install-recommends zookeeper',
  },
  {
    suite: 'test/integration/behind-nginx',
    isPossible: has('nginx'),
    remedy: 'apt-get install --no-install-recommends nginx-light',
  },
  {
    suite: 'test/dashboard/in-browser/[^/]+',
    isPossible: has('chromium'),
    remedy: 'apt-get install --no-install-recommends chromium',
  },
  {
    suite: 'test/faults/disk-full',
    isPossible: process.platform === 'linux' && process.getuid() === 0,
    remedy: 'be root on Linux, to mount a small disk',
  },
  {
    suite: 'test/faults/start-disk',
    isPossible: process.platform === 'linux' && process.getuid() === 0,
    remedy: 'be root on Linux, to mount a small disk',
  },
];

/** A plain machine runs all the others; CI sets the variable and runs every one. */
const leftOut = NEEDING.filter(({ isPossible }) => !isPossible && process.env.SPOOR_TEST_EVERY_SUITE !== '1');
for (const { suite, remedy } of leftOut)
  process.stderr.write(`Left out: ${suite.replace('[^/]+', '*')}. To run it: ${remedy}\n`);

function has(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testPathIgnorePatterns: ['/node_modules/', ...leftOut.map(({ suite }) => `/${suite}\\.test\\.ts$`)],
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
