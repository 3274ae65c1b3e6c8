import { afterAll, beforeAll, test } from '@jest/globals';
import { type Sql, sql } from '../../src/sql/sql.ts';
import { runStats } from '../../src/stats/run-stats.ts';
import type { StatsRow } from '../../src/stats/result/stats-result.ts';
import type { Tenant } from '../../src/stats/sql/conditions.ts';
import { parseStatsRequest } from '../../src/stats/parse/parse-request.ts';
import { statsQuery } from '../../src/stats/parse/requested-query.ts';
import { VISITOR_PLANS, type VisitorPlan } from '../../src/stats/plan.ts';
import { asSent } from '../support/as-sent.ts';
import { SEED, tries } from '../support/random.ts';
import { type RandomQuestion, compareFilters, compareWithReference } from '../support/random-stats.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
});
afterAll(() => spoor.stop());

test(`random questions are answered as a count by hand does, with every plan (SPOOR_TEST_SEED=${SEED})`, async () => {
  const target = { url: spoor.url, adminKey: ADMIN_KEY };
  const zones = await spoor.database.rows<[string]>(sql`SELECT time_zone FROM system.time_zones`);
  const timeZones = new Set(zones.map(([zone]) => zone));
  const alsoAnswer = async (asked: RandomQuestion) => {
    const now = Date.now();
    const query = statsQuery(parseStatsRequest(asked.query, { now, timeZones }));
    const read = (statement: Sql) => spoor.database.rows<StatsRow>(statement);
    const answerBy = async (visitorPlan: VisitorPlan) => {
      const options = { visitorPlan, sharding: spoor.sharding, read };
      return asSent((await runStats({ query, at: now }, tenantOf(asked), options)).result);
    };
    return Promise.all(VISITOR_PLANS.map(answerBy));
  };
  const questions = { questions: tries(50), milliseconds: 120_000, alsoAnswer };
  await compareWithReference(target, { clicks: 400, ...questions });
  await compareFilters(
    { rows: (query) => spoor.database.rows(query), sharding: spoor.sharding },
    { clicks: 400, filters: tries(50) },
  );
}, 240_000);

function tenantOf({ subject, ownerOfCode = '' }: RandomQuestion): Tenant {
  if (subject.scope === 'anon') return { kind: 'url', ownerId: ownerOfCode, shortCode: subject.shortCode };
  return subject.ownerId === undefined
    ? { kind: 'every-owner' }
    : { kind: 'owner', ownerId: subject.ownerId };
}
