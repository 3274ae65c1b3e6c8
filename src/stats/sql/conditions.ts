import { assertNever } from '../../errors.ts';
import { type Select, sourceSql } from '../../sql/select.ts';
import { MAX_CLOCK_AHEAD_MS } from '../../lib/clock-ahead.ts';
import { type Sql, param, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import type { StatsQuery } from '../parse/query.ts';
import { DIMENSIONS, FILTER_NAMES, type ValueDimension } from '../registry/dimensions.ts';
import { OPERATORS, type Operator } from '../registry/operators.ts';
import { exactFilter } from './filters.ts';
import { instantParam } from './instant-param.ts';
import { type Sharding, clicksFrom } from './sharding.ts';

/** Whose clicks a query may read. */
export type Tenant =
  | { readonly kind: 'owner'; readonly ownerId: string }
  /** One URL. Its owner is the first column of the sorting key: without it a link's query reads every owner's clicks. */
  | { readonly kind: 'url'; readonly ownerId: string; readonly shortCode: string }
  | { readonly kind: 'every-owner' };

/** The clicks that a query reads, of one server or of the shard that it runs on: `FROM … WHERE …`. */
export function clicksOf(query: StatsQuery, tenant: Tenant, sharding?: Sharding): Sql {
  return sourceSql({ ...clicksFrom(sharding), where: conditionsOf(query, tenant) });
}

/** Keeps a SELECT to the clicks that the tenant may see and the query asks for. */
export function filterClicks(select: Select, { conditions }: Plan): Select {
  return { ...select, where: [...select.where, ...conditions] };
}

/** What holds for every click that a query counts, the tenant's conditions first. */
export function conditionsOf(query: StatsQuery, tenant: Tenant): readonly Sql[] {
  return [...ownershipOf(tenant), within(query), ...bots(query), ...filters(query)];
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

/** In the registry's order, so that the order in which they were given makes no other query. */
function filters(query: StatsQuery): readonly Sql[] {
  return FILTER_NAMES.flatMap((name) =>
    query.filters
      .filter(({ dimension }) => dimension === name)
      .map(({ operator, values }) => {
        const { condition }: Operator = OPERATORS[operator];
        const { column, filter = exactFilter }: ValueDimension = DIMENSIONS[name];
        return condition((some) => filter(column(query), some), values);
      }),
  );
}

function within({ range: { start, end }, endsNow = false, keptSince = start }: StatsQuery): Sql {
  const last = endsNow ? end + MAX_CLOCK_AHEAD_MS : end;
  return sql`clicked_at BETWEEN ${instantParam(Math.max(start, keptSince))} AND ${instantParam(last)}`;
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
