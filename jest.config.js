import { accessSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
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
    suite: 'test/integration/old-clickhouse',
    // Debian packages a release of 2018; ClickHouse's own packages put a current one elsewhere.
    isPossible: existsSync('/usr/sbin/clickhouse-server'),
    remedy: 'apt-get install --no-install-recommends clickhouse-server (of Debian)',
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
    suite: 'test/dashboard/in-browser/firefox',
    isPossible: has('firefox-esr'),
    remedy: 'apt-get install --no-install-recommends firefox-esr',
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

/** What starts a process of its own, and what uses the ClickHouse that a run starts once. */
const STARTS_PROCESSES =
  /\b(SpoorProcess|startServer|runSpoor|runEach|runCommand|startCluster|EmbeddedClickHouse\.start|openBrowser|Firefox\.start|LocalRedis|RecipeCopy|ZooKeeper|spawn|spawnSync)\b/;
const NEEDS_CLICKHOUSE = /\b(startSpoor|clickHouseSettings|TEST_CLICKHOUSE_URL)\b/;

/** `unit` needs no ClickHouse, `api` one for all, `slow` starts processes; what a suite uses says which it is. */
function projectOf(suite) {
  const text = readFileSync(join(import.meta.dirname, suite), 'utf8');
  if (STARTS_PROCESSES.test(text)) return 'slow';
  return NEEDS_CLICKHOUSE.test(text) ? 'api' : 'unit';
}

const suites = readdirSync(join(import.meta.dirname, 'test'), { recursive: true, encoding: 'utf8' })
  .map((name) => `test/${name}`)
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => !leftOut.some(({ suite }) => new RegExp(`^${suite}\\.test\\.ts$`).test(name)));

/** @returns {import('jest').Config} */
function project(name, settings = {}) {
  return {
    displayName: name,
    testEnvironment: '<rootDir>/test/support/environment.js',
    roots: ['<rootDir>/test'],
    testMatch: suites.filter((suite) => projectOf(suite) === name).map((suite) => `<rootDir>/${suite}`),
    extensionsToTreatAsEsm: ['.ts'],
    transform: {
      '^.+\\.ts$': [
        '@swc/jest',
        { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
      ],
    },
    ...settings,
  };
}

const sharedClickHouse = {
  globalSetup: '<rootDir>/test/support/start-clickhouse.ts',
  globalTeardown: '<rootDir>/test/support/stop-clickhouse.ts',
};

/** @type {import('jest').Config} */
export default {
  projects: [
    project('unit', { globalSetup: '<rootDir>/test/support/fresh-build.ts' }),
    project('api', sharedClickHouse),
    project('slow', sharedClickHouse),
  ],
  testSequencer: '<rootDir>/test/support/slowest-first.js',
  // More than there are cores: a suite that starts processes waits for them a good part of its time.
  maxWorkers: availableParallelism() + 2,
  testTimeout: 60_000,
  // On a busy machine a worker needs more than the half second that Jest gives it.
  workerGracefulExitTimeout: 10_000,
};
