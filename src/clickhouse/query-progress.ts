import { param, sql } from '../sql/sql.ts';
import type { Database } from './database.ts';
import { LOOK_UP } from './query-options.ts';

/**
 * How much a query that runs has read of what it is going to read, from 0 to 1, as ClickHouse guesses it. It can become less where the
 * query finds more to read.
 * @returns undefined while that is not known, and once it has ended
 */
export async function readProgress(database: Database, queryId: string): Promise<number | undefined> {
  const [row] = await database.rows<[read: number, total: number]>(
    sql`SELECT read_rows, total_rows_approx FROM system.processes WHERE query_id = ${param('String', queryId)}`,
    LOOK_UP,
  );
  if (row === undefined) return undefined;
  const [read, total] = row;
  return total === 0 ? undefined : Math.min(1, read / total);
}
