import { assertNever } from '../../errors.ts';
import { type Sql, join, param, sql } from '../../sql/sql.ts';
import { DIMENSIONS, FILTER_NAMES } from '../registry/dimensions.ts';
import type { StatsQuery } from '../parse/query.ts';
import { type Spread, clicksTable } from './sharding.ts';

/** Whose clicks a query may read. Compiling takes one, so no query is without. */
export type Tenant =
  | { readonly kind: 'owner'; readonly ownerId: string }
  /** One URL; its owner stands first in the table's order and makes the difference of reading little. */
  | { readonly kind: 'url'; readonly ownerId: string; readonly shortCode: string }
  | { readonly kind: 'every-owner' };

/** The clicks a query may read; where they are spread, those of the shard that it runs on. */
export function clicksOf(query: StatsQuery, tenant: Tenant, spread?: Spread): Sql {
  return sql`FROM ${clicksTable(spread)} WHERE ${join(conditions(query, tenant), ' AND ')}`;
}

function conditions(query: StatsQuery, tenant: Tenant): readonly Sql[] {
  const filters = FILTER_NAMES.flatMap((name) => {
    const values = query.filters[name];
    return values === undefined ? [] : [DIMENSIONS[name].filter(values)];
  });
  return [...ownershipOf(tenant), within(query), ...bots(query), ...filters];
}

/** The conditions that keep a query to the clicks a tenant may see. */
export function ownershipOf(tenant: Tenant): readonly Sql[] {
  switch (tenant.kind) {
    case 'every-owner':
      return [];
    case 'owner':
      return [sql`owner_id = ${param('String', tenant.ownerId)}`];
    case 'url':
      return [
        sql`owner_id = ${param('String', tenant.ownerId)}`,
        sql`short_code = ${param('String', tenant.shortCode)}`,
      ];
    default:
      return assertNever(tenant);
  }
}

function within({ range: { start, end }, keptSince = start }: StatsQuery): Sql {
  return sql`clicked_at BETWEEN ${instant(Math.max(start, keptSince))} AND ${instant(end)}`;
}

function instant(milliseconds: number) {
  return param("DateTime64(3, 'UTC')", new Date(milliseconds).toISOString().slice(0, -1).replace('T', ' '));
}

function bots({ bots }: StatsQuery): readonly Sql[] {
  switch (bots) {
    case 'include':
      return [];
    case 'exclude':
      return [sql`NOT is_bot`];
    case 'only':
      return [sql`is_bot`];
    default:
      return assertNever(bots);
  }
}
