import { afterAll, beforeAll, test } from '@jest/globals';
import { SEED, compareWithReference } from '../support/random-stats.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
});
afterAll(() => spoor.stop());

test(`random questions are answered as a count by hand does (SPOOR_TEST_SEED=${SEED})`, async () => {
  const target = { url: spoor.url, adminKey: ADMIN_KEY };
  await compareWithReference(target, { clicks: 600, questions: 350, milliseconds: 30_000 });
});
