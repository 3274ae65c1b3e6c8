import { type Selection, as } from '../sql/select.ts';
import { type Sql, param, sql } from '../sql/sql.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import { instantParam } from '../stats/sql/instant-param.ts';
import type { KEYS } from './click-order.ts';
import type { ClickPlace } from './click-position.ts';

/**
 * The conditions on clicks from a place on, for orders other than by time. ClickHouse can use them with the sorting key. If the tenant is
 * one owner, the owner is left out, since ClickHouse would evaluate it for each part.
 */
export function placesFrom(place: ClickPlace | undefined, comparison: Sql, tenant: Tenant): readonly Sql[] {
  if (place?.owner === undefined || place.code === undefined) return [];
  const [owner, code] = [param('String', place.owner), param('String', place.code)];
  const isInLink = sql`(short_code > ${code} OR clicked_at ${comparison} ${instantParam(place.time)})`;
  if (place.arrival === undefined && isOnlyOwner(tenant, place.owner))
    return [sql`short_code >= ${code}`, isInLink];
  const isInOwner = sql`(owner_id > ${owner} OR (short_code >= ${code} AND ${isInLink}))`;
  if (place.arrival === undefined) return [sql`owner_id >= ${owner}`, isInOwner];
  const arrival = instantParam(place.arrival);
  const isInArrival = sql`(ingested_at > ${arrival} OR (owner_id >= ${owner} AND ${isInOwner}))`;
  return [sql`ingested_at >= ${arrival}`, isInArrival];
}

/** The same up to a place. */
export function placesUpTo(place: ClickPlace | undefined, tenant: Tenant): readonly Sql[] {
  if (place?.owner === undefined || place.code === undefined) return [];
  const [owner, code] = [param('String', place.owner), param('String', place.code)];
  const isInLink = sql`(short_code < ${code} OR clicked_at <= ${instantParam(place.time)})`;
  if (place.arrival === undefined && isOnlyOwner(tenant, place.owner))
    return [sql`short_code <= ${code}`, isInLink];
  const isInOwner = sql`(owner_id < ${owner} OR (short_code <= ${code} AND ${isInLink}))`;
  if (place.arrival === undefined) return [sql`owner_id <= ${owner}`, isInOwner];
  const arrival = instantParam(place.arrival);
  const isInArrival = sql`(ingested_at < ${arrival} OR (owner_id <= ${owner} AND ${isInOwner}))`;
  return [sql`ingested_at <= ${arrival}`, isInArrival];
}

function isOnlyOwner(tenant: Tenant, ownerId: string): boolean {
  return tenant.kind !== 'every-owner' && tenant.ownerId === ownerId;
}

/** The columns of a `PlaceRow`. @param key the value of a key; undefined: the order has none */
export function placeColumns(key: (name: keyof typeof KEYS) => Sql | undefined): readonly Selection[] {
  const time = (value: Sql | undefined): Sql =>
    value === undefined ? sql`0` : sql`toUnixTimestamp64Milli(${value})`;
  return [
    as('time', time(key('key_time'))),
    as('code', key('key_code') ?? sql`''`),
    as('owner', key('key_owner') ?? sql`''`),
    as('arrival', time(key('key_arrival'))),
  ];
}
