import type { Workload } from '../../clickhouse/workloads.ts';
import { join, param, sql } from '../../sql/sql.ts';
import { type Tenant, ownershipOf } from '../../stats/sql/conditions.ts';
import type { StatsQuery } from '../../stats/query.ts';
import type { Services } from './services.ts';

/**
 * From when on a tenant can have clicks, whatever is filtered: the oldest one, or when the URL was made. Unix milliseconds;
 * undefined where there are none.
 */
export async function findOldestClick(
  { database, urls }: Pick<Services, 'database' | 'urls'>,
  tenant: Tenant,
  workload: Workload,
  { keptSince = 0 }: Pick<StatsQuery, 'keptSince'>,
): Promise<number | undefined> {
  const kept = sql`clicked_at >= fromUnixTimestamp64Milli(${param('Int64', keptSince)}, 'UTC')`;
  const [row] = await database.rows<[number | null]>(
    sql`SELECT toUnixTimestamp64Milli(minOrNull(clicked_at)) FROM clicks
      WHERE ${join([...ownershipOf(tenant), kept], ' AND ')}`,
    { workload, maxSeconds: database.deadlines.firstByteMs / 1_000 },
  );
  const oldest = row?.[0] ?? undefined;
  const created = tenant.kind === 'url' ? (await urls.find(tenant.shortCode))?.createdAt : undefined;
  return oldest === undefined || created === undefined ? (oldest ?? created) : Math.min(oldest, created);
}
