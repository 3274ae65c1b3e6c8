import { nodeSettings } from '../src/clickhouse/cluster-settings.ts';
import { Database } from '../src/clickhouse/database.ts';
import { sql } from '../src/sql/sql.ts';
import { CLUSTER, startCluster } from '../test/support/cluster.ts';
import { type Bench, type Benchmark, atMost, interleaved, startService } from './harness.ts';
import { ensureOwner } from './owners.ts';
import { requestDashboard, dashboardByHand } from './stats-requests.ts';

const RUNS = 5;

/** Seven dimensions and both metrics, for an owner with two million visitors on two shards, which share this machine. */
export const cluster: Benchmark = {
  floor: 'one server with the same clicks; for bytes sent to the coordinator node, uniqExact over the shards',
  run: async (bench) => {
    await ensureOwner(bench, 'distinct');
    const shards = await startCluster({ hasQueryLog: true });
    const databases = shards.nodes.map(
      ({ server }) => new Database(server, 'spoor', () => {}, {}, nodeSettings(CLUSTER, 1)),
    );
    const service = await startService({
      ...bench.settings,
      ...shards.settings,
      SPOOR_DATA_DIR: `${bench.settings['SPOOR_DATA_DIR']}-cluster`,
    });
    try {
      const [database = bench.database] = databases;
      const sharded: Bench = { ...bench, url: service.url, pid: service.pid, database };
      const tables = databases.map((one) => ({ database: one, table: 'clicks_local' as const }));
      await ensureOwner(sharded, 'distinct', tables);
      const { spoor, floor } = await interleaved(
        RUNS,
        () => requestDashboard(sharded, 'distinct'),
        () => requestDashboard(bench, 'distinct'),
      );
      await dashboardByHand(sharded, 'distinct');
      const [ours, plain] = await received(database);
      return [
        atMost('cluster-dashboard', 'ms', spoor, floor, 1.5),
        atMost('cluster-dashboard-bytes', 'KiB', ours / 1_024, plain / 1_024, 0.02),
      ];
    } finally {
      await service.stop();
      await Promise.all(databases.map((one) => one.close()));
      await shards.stop();
    }
  },
};

/** Bytes that the other node sent for a query: with Spoor's query, and with plain `uniqExact`. */
async function received(database: Database): Promise<readonly [number, number]> {
  await database.commandText('SYSTEM FLUSH LOGS');
  const rows = await database.rows<[number, number]>(sql`
    SELECT position(query, 'cluster(') = 0 AS is_plain, max(ProfileEvents['NetworkReceiveBytes'])
    FROM system.query_log
    WHERE type = 'QueryFinish' AND is_initial_query AND position(query, 'GROUPING SETS') > 0
      AND position(query, 'query_log') = 0
    GROUP BY is_plain ORDER BY is_plain`);
  const [ours, plain] = rows.map(([, bytes]) => bytes);
  if (ours === undefined || plain === undefined) throw new Error('The queries are not in the log.');
  return [ours, plain];
}
