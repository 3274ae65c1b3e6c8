import { assertNever } from '../../errors.ts';
import { type Select, sourceSql } from '../../sql/select.ts';
import { MAX_CLOCK_AHEAD_MS } from '../../lib/clock-ahead.ts';
import { type Sql, join, param, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import { type Filter, isCondition } from '../parse/filter.ts';
import type { StatsQuery } from '../parse/query.ts';
import { FILTER_NAMES, type LocalQuery, valueDimensionOf } from '../registry/dimensions.ts';
import { isPropertyName } from '../registry/properties.ts';
import { operatorOf } from '../registry/operators.ts';
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

/** Conditions in the registry's order, so that the order in which they were given makes no other query; then groups. */
function filters(query: StatsQuery): readonly Sql[] {
  const conditions = query.filters.filter(isCondition);
  const properties = new Set(conditions.map(({ dimension }) => dimension).filter(isPropertyName));
  return [
    ...[...FILTER_NAMES, ...[...properties].toSorted()].flatMap((name) =>
      conditions.filter(({ dimension }) => dimension === name),
    ),
    ...query.filters.filter((filter) => !isCondition(filter)),
  ].map((filter) => filterSql(filter, query));
}

/** The condition that a filter holds for a click: a single predicate, or in parentheses. */
export function filterSql(filter: Filter, query: LocalQuery): Sql {
  if (isCondition(filter)) {
    const operator = operatorOf(filter.operator);
    const { column, filter: compare = exactFilter } = valueDimensionOf(filter.dimension);
    const condition = compare(column(query), operator, filter);
    return operator.isNegative ? sql`NOT (${condition})` : condition;
  }
  if (filter.operator === 'not') return sql`NOT (${filterSql(filter.filter, query)})`;
  const parts = filter.filters.map((part) => filterSql(part, query));
  return sql`(${join(parts, filter.operator === 'and' ? ' AND ' : ' OR ')})`;
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
