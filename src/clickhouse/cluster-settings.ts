import type { ClickHouseSettings } from '@clickhouse/client';
import type { ClickHouseCluster, ClickHouseServer } from '../config.ts';
import { quoted, sql } from '../sql/sql.ts';
import type { NodeSettings } from './query-options.ts';

/** The servers that the settings name, all of one user. */
export function serversOf({ urls }: ClickHouseCluster, user: ClickHouseServer): readonly ClickHouseServer[] {
  return urls.map((url) => ({ ...user, url }));
}

/** Settings of every statement in a cluster. */
const CLUSTER_STATEMENTS = {
  // Acknowledged when the shards have the rows, not when the rows are queued for them.
  distributed_foreground_insert: 1,
  // A result without a shard's clicks would be wrong.
  skip_unavailable_shards: 0,
  // An unreachable node stays so for a while; trying it again only delays the error.
  connections_with_failover_max_tries: '1',
  // Some 6 s for an unreachable Keeper; the default number of retries takes over two minutes.
  insert_keeper_max_retries: '6',
} satisfies ClickHouseSettings;

/**
 * @param replicas of each shard. An insert is acknowledged when all of them have it, so that any may be read
 * @returns settings of a connection to a cluster, which responds to a ping only while every shard does
 */
export function nodeSettings(cluster: string, replicas: number): NodeSettings {
  const ofReplicas: ClickHouseSettings =
    replicas === 1
      ? {}
      : { insert_quorum: String(replicas), insert_quorum_parallel: 1, load_balancing: 'in_order' };
  return {
    statements: { ...CLUSTER_STATEMENTS, ...ofReplicas },
    pingQuery: sql`SELECT count() FROM cluster(${quoted(cluster)}, system.one)`,
  };
}
