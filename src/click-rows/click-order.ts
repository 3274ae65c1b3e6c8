import { type Sql, identifier, sql } from '../sql/sql.ts';
import type { ClickOrder } from './click-query.ts';

/** What orders are made of, selected beside a click's columns. */
export const KEYS = {
  key_owner: sql`owner_id`,
  key_code: sql`short_code`,
  key_time: sql`clicked_at`,
  key_arrival: sql`ingested_at`,
} as const satisfies Readonly<Record<string, Sql>>;

/** Something that clicks are ordered by. */
export interface SortKey {
  readonly name: keyof typeof KEYS;
  readonly isDescending?: boolean;
}

const LINK: readonly SortKey[] = [{ name: 'key_owner' }, { name: 'key_code' }, { name: 'key_time' }];

/** What the clicks of each order are sorted by; those of a link as the table's sorting key has them, so that they are read in order. */
export const SORT_KEYS: Readonly<Record<ClickOrder | 'arrival', readonly SortKey[]>> = {
  newest: [{ name: 'key_time', isDescending: true }],
  oldest: [{ name: 'key_time' }],
  link: LINK,
  // Of an insert all clicks have arrived at once.
  arrival: [{ name: 'key_arrival' }, ...LINK],
};

/** The key in an ORDER BY. */
export function sortedBy({ name, isDescending = false }: SortKey): Sql {
  return isDescending ? sql`${identifier(name)} DESC` : identifier(name);
}
