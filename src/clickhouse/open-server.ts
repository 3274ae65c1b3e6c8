import type { ClickHouseServer, Config } from '../config.ts';
import { sql } from '../sql/sql.ts';
import {
  type OpenClickHouse,
  type OpenOptions,
  memoryOf,
  opening,
  waitForAnswer,
} from './server-connection.ts';
import { Database } from './database.ts';
import { migrate } from './migrations.ts';
import { queryLimits } from './workloads.ts';
import { openWorkloads } from './open-workloads.ts';

/** Opens a single server and migrates its database. @throws Error with a sentence for the operator */
export async function openServer(
  config: Config,
  server: ClickHouseServer,
  options: OpenOptions,
): Promise<OpenClickHouse> {
  return opening(async (databases) => {
    // The database may not exist yet, and a session in one that is missing is refused.
    const bare = databases.once('default', () => new Database(server, 'default'));
    await waitForAnswer(config, server, bare, options);
    const workloads = await openWorkloads(bare, {
      memory: await memoryOf(bare),
      limits: queryLimits(config),
      isEmbedded: config.clickhouse === undefined,
    });
    const database = databases.once(
      'ours',
      () => new Database(server, config.database, options.observe, workloads, {}, options.deadlines),
    );
    const migrated = await migrate(database, bare, undefined, {
      isAlone: config.clickhouse === undefined,
      onWait: options.onWait,
    });
    await refuseShardedClicks(database);
    return {
      database,
      server: bare,
      clickTables: [{ database, table: 'clicks', isReplicated: false }],
      shards: undefined,
      migrated,
    };
  });
}

/** @throws Error if `clicks` is a Distributed table: inserts through it would be acknowledged before all shards have them */
async function refuseShardedClicks(database: Database): Promise<void> {
  const distributed = await database.rows(sql`SELECT 1 FROM system.tables
    WHERE database = currentDatabase() AND name = 'clicks' AND engine = 'Distributed'`);
  if (distributed.length === 0) return;
  throw new Error(
    `The clicks of the database ${database.name} are in a Distributed table: set CLICKHOUSE_CLUSTER.`,
  );
}
