import { comparedRange } from '../../stats/plan.ts';
import type { StatsQuery } from '../../stats/parse/query.ts';
import type { Services } from './services.ts';

/** A query, told whether ClickHouse's clock is Node's in its ranges. */
export async function withSameClock<Query extends StatsQuery>(
  { zones }: Services,
  query: Query,
): Promise<Query> {
  return { ...query, sameClock: await zones.agree(query.timezone, comparedRange(query)) };
}
