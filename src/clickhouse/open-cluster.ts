import type { ClickHouseCluster, ClickHouseServer, Config } from '../config.ts';
import { Cluster, nodeSettings } from './cluster.ts';
import { type OpenClickHouse, type OpenOptions, memoryOf, opening, waitForAnswer } from './connection.ts';
import { Database } from './database.ts';
import { migrate, readMigrations } from './migrations.ts';
import { memoryLimits } from './settings.ts';

/** Opens all nodes of a cluster and migrates them. @throws Error with a sentence for the operator */
export async function openCluster(
  config: Config,
  { name }: ClickHouseCluster,
  servers: readonly ClickHouseServer[],
  options: OpenOptions,
): Promise<OpenClickHouse> {
  return opening(async (databases) => {
    const open = (server: ClickHouseServer) =>
      databases.once(server.url, () => new Database(server, 'default'));
    for (const server of servers) await waitForAnswer(config, open(server), options);
    const cluster = await Cluster.open(name, config.database, {
      servers,
      open,
      openOurs: (server, replicas) =>
        databases.once(
          `${server.url} ours`,
          () => new Database(server, config.database, options.observe, {}, nodeSettings(name, replicas)),
        ),
    });
    const bare = open(cluster.home);
    const settings = nodeSettings(name, cluster.replicas);
    const limits = memoryLimits(await memoryOf(bare), config.maxQueries + config.maxExports);
    const database = databases.once(
      'home',
      () => new Database(cluster.home, config.database, options.observe, limits, settings),
    );
    await cluster.createDatabases();
    const migrations = readMigrations();
    const migrated = await migrate(database, bare, migrations, cluster.run);
    await cluster.checkTables(migrations);
    const { clickTables, shards } = cluster;
    return { database, server: bare, clickTables, shards, migrated };
  });
}
