import { sql } from '../sql/sql.ts';
import type { Database } from './database.ts';

/** Reads the zones that ClickHouse knows, at the first call that reaches it. */
export function knownTimeZones(database: Pick<Database, 'rows'>): () => Promise<ReadonlySet<string>> {
  let known: ReadonlySet<string> | undefined;
  return async () => {
    known ??= new Set(
      (await database.rows<[string]>(sql`SELECT time_zone FROM system.time_zones`)).map(([zone]) => zone),
    );
    return known;
  };
}
