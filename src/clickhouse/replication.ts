import { ClusterError } from './topology.ts';

/** What a node of a cluster has to keep clicks with, and has of them already. */
export interface FoundNode {
  readonly host: string;
  readonly hasKeeper: boolean;
  /** The engine of its table of clicks; undefined: there is none yet. */
  readonly engine: string | undefined;
}

export interface ReplicationQuestion {
  readonly cluster: string;
  readonly database: string;
  /** Of each shard. */
  readonly replicas: number;
  readonly nodes: readonly FoundNode[];
}

/**
 * Whether a Keeper keeps the tables. It does wherever one is configured, so that replicas can be added later; but tables
 * that exist stay what they are, because an engine cannot be exchanged in place, and new nodes follow them.
 * @throws ClusterError when what there is does not fit together
 */
export function isReplicatedCluster({ cluster, database, replicas, nodes }: ReplicationQuestion): boolean {
  const existing = nodes.filter(({ engine }) => engine !== undefined);
  const replicated = existing.filter(({ engine }) => engine?.startsWith('Replicated'));
  const withoutKeeper = nodes.filter(({ hasKeeper }) => !hasKeeper);
  const plain = existing.filter((node) => !replicated.includes(node));
  if (plain.length > 0 && replicated.length > 0) {
    throw new ClusterError(
      `The clicks of the database ${database} are replicated on ${hostsOf(replicated)}, but not on ${hostsOf(plain)}: copy them into another CLICKHOUSE_DATABASE.`,
    );
  }
  if (plain.length > 0) {
    if (replicas === 1) return false;
    throw new ClusterError(
      `The cluster ${cluster} has replicas, but the clicks of the database ${database} were stored without a Keeper: copy them into another CLICKHOUSE_DATABASE.`,
    );
  }
  const isKeeperNeeded = replicated.length > 0 || withoutKeeper.length < nodes.length;
  if (isKeeperNeeded && withoutKeeper.length > 0) {
    throw new ClusterError(
      `The cluster ${cluster} uses a Keeper, but there is none for ${hostsOf(withoutKeeper)}: configure all its nodes alike, and let CLICKHOUSE_USER read system.zookeeper there.`,
    );
  }
  if (!isKeeperNeeded && replicas > 1) {
    throw new ClusterError(
      `The cluster ${cluster} has replicas, but its ClickHouse has no Keeper to replicate them, or does not let CLICKHOUSE_USER read system.zookeeper.`,
    );
  }
  return isKeeperNeeded;
}

function hostsOf(nodes: readonly FoundNode[]): string {
  return nodes.map(({ host }) => host).join(', ');
}
