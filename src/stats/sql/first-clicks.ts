import { sourceSql } from '../../sql/select.ts';
import { type Sql, sql } from '../../sql/sql.ts';
import { MAX_CLOCK_AHEAD_MS } from '../../lib/clock-ahead.ts';
import type { StatsQuery } from '../query.ts';
import { type Tenant, ownershipOf } from './conditions.ts';
import { instantParam } from './instant-param.ts';
import { type Sharding, clicksFrom } from './click-source.ts';

/**
 * Whether a click of the range is its visitor's first of all that are kept of the owner, or of the URL where the tenant is
 * one. Filters do not matter to that. On shards each looks at its own clicks, which are all of its visitors'.
 */
export function isFirstClick(
  { range, endsNow = false, keptSince }: StatsQuery,
  tenant: Tenant,
  sharding: Sharding | undefined,
): Sql {
  const visitor = tenant.kind === 'every-owner' ? sql`owner_id, visitor` : sql`visitor`;
  const last = endsNow ? range.end + MAX_CLOCK_AHEAD_MS : range.end;
  const { from } = clicksFrom(sharding);
  const where = [
    ...ownershipOf(tenant),
    ...(keptSince === undefined ? [] : [sql`clicked_at >= ${instantParam(keptSince)}`]),
    sql`clicked_at <= ${instantParam(last)}`,
  ];
  // Of visitors who came before the range, no click in it is the first.
  return sql`(${visitor}, clicked_at) IN (
SELECT ${visitor}, min(clicked_at)
${sourceSql({ from, where })}
GROUP BY ${visitor}
HAVING min(clicked_at) >= ${instantParam(range.start)}
)`;
}
