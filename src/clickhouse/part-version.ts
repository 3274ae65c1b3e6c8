import { sql } from '../sql/sql.ts';

/**
 * Of rows of `system.parts`: another text after every change of what their table or partition holds. An insert takes the
 * next block number; a mutation raises the data version of every part, and so the least one; parts that are added or
 * removed change the number of rows. Merges change none of the three, except for rows they drop. It tells nothing where a
 * table is replicated, or of another engine than MergeTree's: there its parts are not all its data.
 */
export const PART_VERSION = sql`concat(toString(max(max_block_number)), '-', toString(min(data_version)), '-', toString(sum(rows)))`;
