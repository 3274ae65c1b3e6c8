import { type Sql, param, sql } from '../sql/sql.ts';

/** Selects the clicks to erase: those that match all given fields. */
export interface Erasure {
  readonly ownerId: string | undefined;
  readonly shortCode: string | undefined;
  /** Unix milliseconds, both included. */
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly visitor: bigint | undefined;
}

/** An erasure as conditions on clicks; none when it selects by nothing, which would be all of them. */
export function conditionsOf({ ownerId, shortCode, start, end, visitor }: Erasure): readonly Sql[] {
  return [
    ownerId === undefined ? undefined : sql`owner_id = ${param('String', ownerId)}`,
    shortCode === undefined ? undefined : sql`short_code = ${param('String', shortCode)}`,
    start === undefined ? undefined : sql`clicked_at >= ${instant(start)}`,
    end === undefined ? undefined : sql`clicked_at <= ${instant(end)}`,
    visitor === undefined ? undefined : sql`visitor = ${param('UInt64', String(visitor))}`,
  ].filter((condition) => condition !== undefined);
}

/** What ClickHouse can hold, in Unix milliseconds; no click lies near either end. */
export const FIRST_INSTANT = Date.UTC(1970, 0, 1);
const LAST_INSTANT = Date.UTC(2200, 0, 1);

/** The nearest moment that ClickHouse can hold. Unix milliseconds. */
export function boundedInstant(milliseconds: number): number {
  return Math.min(Math.max(milliseconds, FIRST_INSTANT), LAST_INSTANT);
}

function instant(milliseconds: number): Sql {
  return sql`fromUnixTimestamp64Milli(${param('Int64', boundedInstant(milliseconds))}, 'UTC')`;
}
