import { afterAll, beforeAll, test } from '@jest/globals';
import { type TestCluster, startCluster } from '../support/cluster.ts';
import { SEED, compareWithReference } from '../support/random-stats.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';

let cluster: TestCluster;
let spoor: TestSpoor;
beforeAll(async () => {
  cluster = await startCluster();
  spoor = await startSpoor(cluster.settings);
});
afterAll(async () => {
  await spoor.stop();
  await cluster.stop();
});

test(`random questions to two shards are answered as a count by hand does (SPOOR_TEST_SEED=${SEED})`, async () => {
  const target = { url: spoor.url, adminKey: ADMIN_KEY };
  await compareWithReference(target, { clicks: 600, questions: 150, milliseconds: 30_000 });
});
