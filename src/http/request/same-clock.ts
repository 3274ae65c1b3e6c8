import { comparedRange } from '../../stats/plan-stats.ts';
import type { StatsQuery } from '../../stats/query.ts';
import type { Services } from './services.ts';

/** The query, with whether ClickHouse's local time equals Node's in its ranges. */
export async function withSameClock<Query extends StatsQuery>(
  { zones }: Services,
  query: Query,
): Promise<Query> {
  const isSame = (timezone: string) => zones.agree(timezone, comparedRange(query));
  const sameClock = await isSame(query.timezone);
  if (query.lists === undefined) return { ...query, sameClock };
  const lists = await Promise.all(
    query.lists.map(async ({ clock, ...list }) =>
      clock === undefined ? list : { ...list, clock: { ...clock, sameClock: await isSame(clock.timezone) } },
    ),
  );
  return { ...query, sameClock, lists };
}
