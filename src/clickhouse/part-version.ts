import { sql } from '../sql/sql.ts';

/**
 * Of rows of `system.parts`: another text after every change of what their table or partition holds. That changes with an
 * insert, which takes the next block number; with a mutation, which every part has gone through once the least data
 * version has risen; or by parts that go or come. Merges change none of the three, but for rows they leave out. In a
 * table that is replicated, or of another engine than MergeTree's, parts are not all there is.
 */
export const PART_MARK = sql`concat(toString(max(max_block_number)), '-', toString(min(data_version)), '-', toString(sum(rows)))`;
