import { assertNever } from '../../errors.ts';
import { type Select, sourceSql } from '../../sql/select.ts';
import { MAX_CLOCK_AHEAD_MS } from '../../lib/clock-ahead.ts';
import { type Sql, join, param, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import { type Condition, type Filter, isCondition } from '../parse/filter.ts';
import type { StatsQuery } from '../query.ts';
import { type LocalQuery, valueSql } from '../registry/dimension.ts';
import { FILTER_NAMES, valueDimensionOf } from '../registry/dimension-names.ts';
import { isPropertyName } from '../registry/properties.ts';
import { isQuick, operatorOf } from '../registry/operators.ts';
import type { TimeRange } from '../time/buckets.ts';
import { exactFilter } from './filters.ts';
import { instantParam } from './instant-param.ts';
import { type Sharding, clicksFrom } from './click-source.ts';
import { taggedUrlsOf } from './tag.ts';
import { holdsForFewValues, holdsForValue } from './value-conditions.ts';

/** Whose clicks a query may read. */
export type Tenant =
  | { readonly kind: 'owner'; readonly ownerId: string }
  /** One URL. Its owner is the first column of the sorting key: without it a link's query reads every owner's clicks. */
  | { readonly kind: 'url'; readonly ownerId: string; readonly shortCode: string }
  | { readonly kind: 'every-owner' };

/** The clicks that a query reads, of one server or of the shard that it runs on: `FROM … WHERE …`. */
export function clicksOf(query: StatsQuery, tenant: Tenant, sharding?: Sharding): Sql {
  return sourceSql({ ...clicksFrom(sharding), where: conditionsOf(query, tenant, sharding) });
}

/** Keeps a SELECT to the clicks that the tenant may see and the query asks for. */
export function filterClicks(select: Select, { conditions }: Plan): Select {
  return { ...select, where: [...select.where, ...conditions] };
}

/** The conditions on the clicks of a query, the tenant's first. */
export function conditionsOf(query: StatsQuery, tenant: Tenant, sharding?: Sharding): readonly Sql[] {
  const ownership = ownershipOf(tenant);
  const time = within(query);
  const clicks = sourceSql({ ...clicksFrom(sharding), where: [...ownership, aroundTime(time)] });
  return [...ownership, time, ...bots(query), ...filters(query, clicks, sharding)];
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
function filters(query: StatsQuery, clicks: Sql, sharding: Sharding | undefined): readonly Sql[] {
  const conditions = query.filters.filter(isCondition);
  const properties = new Set(conditions.map(({ dimension }) => dimension).filter(isPropertyName));
  return [
    ...[...FILTER_NAMES, ...[...properties].toSorted()].flatMap((name) =>
      conditions.filter(({ dimension }) => dimension === name),
    ),
    ...query.filters.filter((filter) => !isCondition(filter)),
  ].map((filter, place) =>
    filterSql(filter, { query, clicks, name: sharding === undefined ? `tried_${place}` : undefined }),
  );
}

/** The context in which a filter is compiled. */
export interface FilterContext {
  readonly query: LocalQuery & Pick<StatsQuery, 'taggedUrls'>;
  /** `FROM … WHERE …`, in which all clicks are that it is asked about. */
  readonly clicks: Sql;
  /** No other filter of the query has it. undefined: nothing is found in advance, which shards would have to do several times. */
  readonly name: string | undefined;
}

/** The condition of a filter: a single predicate, or in parentheses. */
export function filterSql(filter: Filter, context: FilterContext): Sql {
  if (isCondition(filter)) {
    const condition = conditionSql(filter, context);
    return operatorOf(filter.operator).isNegative ? sql`NOT (${condition})` : condition;
  }
  if (filter.operator === 'not') return sql`NOT (${filterSql(filter.filter, context)})`;
  const parts = filter.filters.map((part, place) =>
    filterSql(part, { ...context, name: context.name && `${context.name}_${place}` }),
  );
  return sql`(${join(parts, filter.operator === 'and' ? ' AND ' : ' OR ')})`;
}

function conditionSql(filter: Condition, { query, clicks, name }: FilterContext): Sql {
  const operator = operatorOf(filter.operator);
  const dimension = valueDimensionOf(filter.dimension);
  const column = valueSql(dimension, query);
  if (dimension.joinTags !== undefined) {
    return dimension.filter(column, operator, filter, taggedUrlsOf(query));
  }
  const { filter: compare = exactFilter, isSortedBy } = dimension;
  const holds = (text: Sql): Sql => compare(text, operator, filter);
  if (isQuick(operator, filter)) return holds(column);
  const condition = { column, holds, clicks };
  return isSortedBy === true || name === undefined
    ? holdsForValue(condition)
    : holdsForFewValues(condition, name);
}

function rangeOf({ range: { start, end }, endsNow = false, keptSince = start }: StatsQuery): TimeRange {
  return { start: Math.max(start, keptSince), end: endsNow ? end + MAX_CLOCK_AHEAD_MS : end };
}

function within(query: StatsQuery): Sql {
  const { start, end } = rangeOf(query);
  return sql`clicked_at BETWEEN ${instantParam(start)} AND ${instantParam(end)}`;
}

/**
 * Leaves out the partitions and granules in which no click is of this time. To read the time of each click as well would take
 * twice as long, and a condition on the name of its partition is tried on each click.
 */
function aroundTime(time: Sql): Sql {
  return sql`indexHint(${time})`;
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
