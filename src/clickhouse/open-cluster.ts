import type { ClickHouseCluster, ClickHouseServer, Config } from '../config.ts';
import { Cluster } from './cluster.ts';
import { nodeSettings } from './cluster-settings.ts';
import {
  type OpenClickHouse,
  type OpenOptions,
  memoryOf,
  opening,
  waitForAnswer,
} from './server-connection.ts';
import { Database } from './database.ts';
import { migrate, readMigrations } from './migrations.ts';
import { queryLimits } from './workloads.ts';
import { openWorkloads } from './open-workloads.ts';

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
    for (const server of servers) await waitForAnswer(config, server, open(server), options);
    const cluster = await Cluster.open(name, config.database, {
      servers,
      open,
      openOurs: (server, replicas) =>
        databases.once(
          `${server.url} ours`,
          () =>
            new Database(
              server,
              config.database,
              options.observe,
              {},
              nodeSettings(name, replicas),
              options.deadlines,
            ),
        ),
    });
    const bare = open(cluster.coordinator);
    const settings = nodeSettings(name, cluster.replicas);
    // Each node has workloads of its own. Queries name those of the coordinator node, which passes them on.
    const limits = queryLimits(config);
    const make = async (node: Database) =>
      openWorkloads(node, { memory: await memoryOf(node), limits, isEmbedded: false });
    for (const server of servers) if (open(server) !== bare) await make(open(server));
    const workloads = await make(bare);
    const database = databases.once(
      'coordinator',
      () =>
        new Database(
          cluster.coordinator,
          config.database,
          options.observe,
          workloads,
          settings,
          options.deadlines,
        ),
    );
    await cluster.createDatabases();
    const migrations = readMigrations();
    const migrated = await migrate(database, bare, migrations, {
      run: cluster.run,
      onWait: options.onWait,
    });
    await cluster.checkTables(migrations);
    const { clickTables, shards } = cluster;
    return { database, server: bare, clickTables, shards, migrated };
  });
}
