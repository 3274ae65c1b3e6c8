import {
  CLICK_COLUMNS,
  CLICK_COLUMN_NAMES,
  type ClickColumnName,
  clickColumnOf,
} from '../click-rows/columns.ts';
import { inlined } from '../sql/inline.ts';
import { type Sql, identifier, join, param, sql, tableOf } from '../sql/sql.ts';
import type { LocalQuery } from '../stats/registry/dimension.ts';
import { DIMENSION_NAMES, dependsOnLocalTime } from '../stats/registry/dimension-names.ts';

/** What an SQL user sees. */
export interface ClicksView {
  readonly ownerId: string;
  /** Whether it has a column `visitor`. */
  readonly hasVisitors: boolean;
  /** Days that clicks are kept; undefined: for good. */
  readonly retentionDays: number | undefined;
}

/** The name of the view, in the SQL user's own database. */
export const VIEW = 'clicks';

/** All instants are of UTC; a query converts them as it likes. */
const UTC: LocalQuery = { timezone: 'UTC', range: { start: 0, end: 0 }, sameClock: true };

/** The names of the columns, in order. */
export function viewColumns({ hasVisitors }: Pick<ClicksView, 'hasVisitors'>): readonly string[] {
  return columnsOf({ ownerId: '', hasVisitors }).map(([name]) => name);
}

/**
 * The query behind the view, as text: a view takes no parameters.
 *
 * The owner's condition is a PREWHERE. ClickHouse merges the conditions of whoever reads a view into its WHERE and evaluates them
 * in any order, also with `SQL SECURITY DEFINER`: `toUInt64(short_code) > 0` then fails with a short code of another owner in its message (26.7).
 * What PREWHERE leaves out no other expression sees, while the user's conditions still choose which parts and granules are read.
 */
export function viewQuery(database: string, view: ClicksView): string {
  const columns = columnsOf(view).map(([name, value]) => sql`${value} AS ${identifier(name)}`);
  return inlined(
    sql`SELECT ${join(columns, ', ')} FROM ${tableOf(database, 'clicks')} PREWHERE ${join(conditionsOf(view), ' AND ')}`,
  );
}

function conditionsOf({ ownerId, retentionDays }: ClicksView): readonly Sql[] {
  const owned = sql`owner_id = ${param('String', ownerId)}`;
  if (retentionDays === undefined) return [owned];
  return [owned, sql`clicked_at >= now64(3, 'UTC') - toIntervalDay(${param('UInt32', retentionDays)})`];
}

function columnsOf(view: Pick<ClicksView, 'ownerId' | 'hasVisitors'>): readonly (readonly [string, Sql])[] {
  const columns = CLICK_COLUMN_NAMES.filter(isOfEveryView).map(
    (name) => [name, CLICK_COLUMNS[name].sql(UTC)] as const,
  );
  return view.hasVisitors ? [...columns, ['visitor', visitorOf(view.ownerId)]] : columns;
}

/** Not the hash that is stored: with that, owners could tell which of their visitors are the same. */
function visitorOf(ownerId: string): Sql {
  return sql`sipHash64(${param('String', ownerId)}, visitor)`;
}

/** Local times follow from `clicked_at`, in any time zone. */
function isOfEveryView(name: ClickColumnName): boolean {
  const isLocalTime = DIMENSION_NAMES.some((own) => own === name && dependsOnLocalTime(own));
  // URLs are not theirs to read.
  return !isLocalTime && clickColumnOf(name).join === undefined && name !== 'owner_id' && name !== 'visitor';
}
