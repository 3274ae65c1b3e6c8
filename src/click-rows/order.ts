import { type Sql, identifier, sql } from '../sql/sql.ts';
import type { ClickOrder } from './query.ts';

/** Something that clicks are ordered by. */
export interface SortKey {
  /** Under which it is selected beside the columns. */
  readonly name: string;
  readonly sql: Sql;
  readonly isDescending?: boolean;
}

const TIME: SortKey = { name: 'key_time', sql: sql`clicked_at` };

/** What the clicks of each order are sorted by; those of a link as the table's sorting key has them, so that they are read in order. */
export const SORT_KEYS: Readonly<Record<ClickOrder, readonly SortKey[]>> = {
  newest: [{ ...TIME, isDescending: true }],
  oldest: [TIME],
  link: [{ name: 'key_owner', sql: sql`owner_id` }, { name: 'key_code', sql: sql`short_code` }, TIME],
};

/** The key in an ORDER BY. */
export function sortedBy({ name, isDescending = false }: SortKey): Sql {
  return isDescending ? sql`${identifier(name)} DESC` : identifier(name);
}
