import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Cluster } from '../../src/clickhouse/cluster.ts';
import { nodeSettings } from '../../src/clickhouse/cluster-settings.ts';
import { Database } from '../../src/clickhouse/database.ts';
import { statementsOfNewNode } from '../../src/clickhouse/distributed-tables.ts';
import { readMigrations } from '../../src/clickhouse/migrations.ts';
import type { ClickHouseServer } from '../../src/config.ts';
import { param, sql } from '../../src/sql/sql.ts';
import { CLUSTER, type ClusterNode, REPLICAS, type TestCluster, startCluster } from '../support/cluster.ts';
import { stopSharing } from '../support/process.ts';
import { startSpoor } from '../support/spoor.ts';
import { ZooKeeper } from '../support/zookeeper.ts';

/*
 * Embedded engines with a Keeper make, compare and drop replicated tables as servers do. They cannot write to them or alter them, because
 * they have no port from which another replica could fetch; and the table by which a server shows that it has a Keeper is
 * made here.
 */
let keeper: ZooKeeper;
let cluster: TestCluster;
beforeAll(async () => {
  keeper = await ZooKeeper.start();
  cluster = await startCluster({ keeperPort: keeper.port });
});
afterAll(async () => {
  for (const database of opened.values()) await database.close();
  await cluster.stop();
  await keeper.stop();
});

const MIGRATIONS = readMigrations();
const SMALL = [
  'api_keys',
  'erasures',
  'erased_until',
  'idempotent_requests',
  'imports',
  'export_jobs',
  'schedule_runs',
  'schedules',
  'segments',
  'urls',
];

const opened = new Map<string, Database>();
const bare = (server: ClickHouseServer): Database => {
  const database = opened.get(server.url) ?? new Database(server, 'default');
  opened.set(server.url, database);
  return database;
};
const showKeeper = async (...nodes: readonly ClusterNode[]): Promise<void> => {
  for (const { server } of nodes) {
    await bare(server).commandText('CREATE VIEW IF NOT EXISTS system.zookeeper AS SELECT 1 AS name');
  }
};
const hideKeeper = async (...nodes: readonly ClusterNode[]): Promise<void> => {
  for (const { server } of nodes) await bare(server).commandText('DROP VIEW IF EXISTS system.zookeeper');
};
const openCluster = (database: string, name = CLUSTER): Promise<Cluster> =>
  Cluster.open(name, database, {
    servers: cluster.nodes.map(({ server }) => server),
    open: bare,
    openOurs: (server, replicas) => {
      const key = `${server.url} ${database}`;
      const ours =
        opened.get(key) ?? new Database(server, database, () => {}, {}, nodeSettings(name, replicas));
      opened.set(key, ours);
      return ours;
    },
  });
const makeTables = async (made: Cluster): Promise<void> => {
  await made.createDatabases();
  const statements = statementsOfNewNode(MIGRATIONS.flatMap((migration) => migration.statements));
  for (const statement of statements) await made.run(statement);
};
const newDatabase = () => `test_${randomBytes(6).toString('hex')}`;
const enginesOf = async ({ server }: ClusterNode, database: string) => {
  const rows = await bare(server).rows<[string, string]>(sql`
    SELECT name, replaceRegexpOne(engine_full, '\\)? (PARTITION|ORDER) BY .*', ')') FROM system.tables
    WHERE database = ${param('String', database)} ORDER BY name`);
  return new Map(rows);
};
/** The Keeper's own count. */
const replicasOf = async ({ server }: ClusterNode, database: string) => {
  const rows = await bare(server).rows<[string, number]>(sql`
    SELECT table, total_replicas FROM system.replicas WHERE database = ${param('String', database)} ORDER BY table`);
  return Object.fromEntries(rows);
};
const nodeAt = (index: number): ClusterNode => {
  const node = cluster.nodes[index];
  if (node === undefined) throw new Error('There is no such node.');
  return node;
};

describe('clicks that were stored without a Keeper', () => {
  test('go on as they are when one is configured', async () => {
    await hideKeeper(...cluster.nodes);
    const settings = { ...cluster.settings, CLICKHOUSE_DATABASE: newDatabase() };
    const before = await startSpoor(settings);
    const ndjson = Array.from({ length: 40 }, (_, place) => ({ short_code: 'a', ip: `192.0.2.${place}` }));
    expect((await before.send('POST', '/api/v1/clicks', { ndjson })).status).toBe(200);
    await before.running.stop();
    await showKeeper(...cluster.nodes);

    const after = await startSpoor(settings);
    expect((await after.send('POST', '/api/v1/clicks', { ndjson })).status).toBe(200);
    const { json } = await after.send('GET', '/api/v1/stats', { query: { short_code: 'a', owner_id: '*' } });
    expect(json.summary).toMatchObject({ total_clicks: 80, unique_clicks: 40 });
    expect((await after.send('DELETE', '/api/v1/clicks', { json: { short_code: 'a' } })).json).toEqual({
      erased: 80,
    });
    for (const node of cluster.nodes) {
      expect((await enginesOf(node, settings.CLICKHOUSE_DATABASE)).get('clicks_local')).toMatch(/^MergeTree/);
    }
    expect([...(await enginesOf(nodeAt(1), settings.CLICKHOUSE_DATABASE)).keys()]).toEqual([
      'clicks',
      'clicks_local',
    ]);
    await expect(startSpoor({ ...settings, CLICKHOUSE_CLUSTER: REPLICAS })).rejects.toThrow(
      `The cluster ${REPLICAS} has replicas, but the clicks of the database ${settings.CLICKHOUSE_DATABASE} were stored without a Keeper: copy them into another CLICKHOUSE_DATABASE.`,
    );
    await stopSharing([before, after]);
  });
});

describe('with a Keeper', () => {
  beforeEach(() => showKeeper(...cluster.nodes));

  test('shards of one replica are replicated, so that more can be added, and small tables are on all nodes', async () => {
    const database = newDatabase();
    for (const _ of ['first start', 'second start']) {
      const made = await openCluster(database);
      await makeTables(made);
      await made.checkTables(MIGRATIONS);
      expect(made.clickTables.map(({ isReplicated }) => isReplicated)).toEqual([true, true]);
    }
    for (const [index, node] of cluster.nodes.entries()) {
      const engines = await enginesOf(node, database);
      const name = `'shard ${index + 1} replica 1'`;
      expect(engines.get('clicks_local')).toBe(
        `ReplicatedMergeTree('/spoor/${CLUSTER}/${database}/clicks_local/${index + 1}', ${name})`,
      );
      for (const table of SMALL) {
        expect(engines.get(table)).toMatch(/^Replicated(Replacing)?MergeTree\(/);
        expect(engines.get(table)).toContain(`('/spoor/${CLUSTER}/${database}/${table}', ${name}`);
      }
      expect(engines.get('clicks')).toMatch(/^Distributed\(/);
      expect(await replicasOf(node, database)).toEqual({
        clicks_local: 1,
        ...Object.fromEntries(SMALL.map((table) => [table, 2])),
      });
    }
  });

  test('replicas share a shard, and one that is new gets its tables', async () => {
    const database = newDatabase();
    await makeTables(await openCluster(database, REPLICAS));
    const all = Object.fromEntries(['clicks_local', ...SMALL].map((table) => [table, 2]));
    for (const node of cluster.nodes) expect(await replicasOf(node, database)).toEqual(all);

    await bare(nodeAt(1).server).commandText(`DROP DATABASE ${database} SYNC`);
    expect((await replicasOf(nodeAt(0), database))['clicks_local']).toBe(1);
    const again = await openCluster(database, REPLICAS);
    await again.createDatabases();
    await again.checkTables(MIGRATIONS);
    for (const node of cluster.nodes) expect(await replicasOf(node, database)).toEqual(all);
  });

  test('a table that the Keeper does not let be written to is told in time', async () => {
    const made = await openCluster(newDatabase());
    await makeTables(made);
    const [shard] = made.clickTables;
    const insert = (table: string) =>
      shard?.database.insert(table, ['short_code', 'visitor'], [JSON.stringify(['a', 1])]);
    const refused = { code: 'unavailable', message: 'ClickHouse is too busy or full.' };
    await Promise.all(
      ['clicks_local', 'clicks'].map((table) => expect(insert(table)).rejects.toMatchObject(refused)),
    );
  });

  test('a node that has lost its disk is not taken for a new one', async () => {
    const [alone, shared] = [newDatabase(), newDatabase()];
    await makeTables(await openCluster(alone));
    await makeTables(await openCluster(shared, REPLICAS));
    await nodeAt(1).kill();
    nodeAt(1).loseData();
    await nodeAt(1).start();
    await showKeeper(nodeAt(1));
    const lacks = (name: string, database: string) => async () => {
      const made = await openCluster(database, name);
      await makeTables(made);
      await made.checkTables(MIGRATIONS);
    };
    const host = new URL(nodeAt(1).server.url).host;
    await expect(lacks(CLUSTER, alone)()).rejects.toThrow(
      `The database ${alone} on ${host} lacks tables that its Keeper knows it to have: bring that node's data back.`,
    );
    await expect(lacks(REPLICAS, shared)()).rejects.toThrow(
      `SYSTEM DROP REPLICA 'shard 1 replica 2' FROM DATABASE ${shared} there lets them be copied anew.`,
    );
    await bare(nodeAt(0).server).commandText(
      `SYSTEM DROP REPLICA 'shard 1 replica 2' FROM DATABASE ${shared}`,
    );
    await lacks(REPLICAS, shared)();
    expect((await replicasOf(nodeAt(1), shared))['clicks_local']).toBe(2);
  });
});
