import type { ClickHouseServer } from '../config.ts';
import { param, sql } from '../sql/sql.ts';
import type { Database } from './database.ts';

/** A server of a cluster. Shards and the replicas of a shard are counted from 1. */
export interface ClusterNode {
  readonly shard: number;
  readonly replica: number;
  readonly server: ClickHouseServer;
  /** It is configured to use a Keeper. */
  readonly hasKeeper: boolean;
}

/** How a cluster is made up. */
export interface Topology {
  /** By shard and replica. */
  readonly nodes: readonly ClusterNode[];
  /** The shard of each slot: a click goes to slot `visitor % slots.length`. A shard of weight 2 has two. */
  readonly slots: readonly number[];
  readonly replicas: number;
}

/** A cluster that Spoor cannot use; the message is the one line shown to the operator. */
export class ClusterError extends Error {}

interface Row {
  readonly shard: number;
  readonly weight: number;
  readonly isInternal: boolean;
  readonly replica: number;
  readonly host: string;
  readonly port: number;
  readonly isLocal: boolean;
}

/** The servers that are named, and how to ask one; its answer needs no database of ours. */
export interface NamedServers {
  readonly servers: readonly ClickHouseServer[];
  readonly open: (server: ClickHouseServer) => Database;
}

/**
 * Reads from the servers what the cluster is made of, and finds the addresses of the nodes that are not named.
 * @throws ClusterError; AppError `unavailable` while a node is unreachable
 */
export async function readTopology(name: string, { servers, open }: NamedServers): Promise<Topology> {
  const [first] = servers;
  if (first === undefined) throw new ClusterError('CLICKHOUSE_URL names no server.');
  const rows = await rowsOf(name, open(first));
  checkRows(name, rows);
  const named = await namedNodes(name, rows, { servers, open });
  const nodes = await Promise.all(
    rows.map(async (row) => {
      const url = named.get(placeOf(row)) ?? (await findUrl(row, first, open(first)));
      const server = { ...first, url };
      const { shard, replica } = row;
      return { shard, replica, server, hasKeeper: await hasKeeper(open(server)) };
    }),
  );
  return {
    nodes,
    slots: rows
      .filter(({ replica }) => replica === 1)
      .flatMap(({ shard, weight }) => Array<number>(weight).fill(shard)),
    replicas: Math.max(...rows.map(({ replica }) => replica)),
  };
}

async function rowsOf(name: string, database: Database): Promise<readonly Row[]> {
  const rows = await database.rows<[number, number, number, number, string, number, number]>(sql`
    SELECT shard_num, shard_weight, internal_replication, replica_num, host_name, port, is_local
    FROM system.clusters WHERE cluster = ${param('String', name)} ORDER BY shard_num, replica_num`);
  return rows.map(([shard, weight, isInternal, replica, host, port, isLocal]) => ({
    shard,
    weight,
    isInternal: isInternal === 1,
    replica,
    host,
    port,
    isLocal: isLocal === 1,
  }));
}

/** @throws ClusterError if clicks sharded over such a cluster could not be counted exactly */
export function checkRows(
  name: string,
  rows: readonly Pick<Row, 'shard' | 'replica' | 'weight' | 'isInternal'>[],
): void {
  if (rows.length === 0) throw new ClusterError(`ClickHouse knows no cluster ${name} (CLICKHOUSE_CLUSTER).`);
  const counts = new Set(rows.map(({ shard }) => rows.filter((row) => row.shard === shard).length));
  if (counts.size > 1)
    throw new ClusterError(`The shards of the cluster ${name} must have equally many replicas.`);
  if (rows.every(({ weight }) => weight === 0))
    throw new ClusterError(`No shard of the cluster ${name} has a weight.`);
  if (counts.has(1)) return;
  if (!rows.every(({ isInternal }) => isInternal)) {
    throw new ClusterError(
      `The cluster ${name} has replicas: set internal_replication to true for its shards, or clicks would be stored twice.`,
    );
  }
}

/** A server shows this table when it is configured to use a Keeper, and only to users that may read it. */
async function hasKeeper(database: Database): Promise<boolean> {
  const found = await database.rows(
    sql`SELECT 1 FROM system.tables WHERE database = 'system' AND name = 'zookeeper'`,
  );
  return found.length > 0;
}

/** The URLs given, by the place of their node in the cluster, which only the node itself can tell. */
async function namedNodes(
  name: string,
  known: readonly Row[],
  { servers, open }: NamedServers,
): Promise<ReadonlyMap<string, string>> {
  const named = new Map<string, string>();
  await Promise.all(
    servers.map(async (server) => {
      const { url } = server;
      const own = (await rowsOf(name, open(server))).find(({ isLocal }) => isLocal);
      // Servers may name each other differently, and another cluster may have the same name.
      const isKnown = known.some(
        (row) => own !== undefined && placeOf(row) === placeOf(own) && row.port === own.port,
      );
      if (own === undefined || !isKnown) {
        throw new ClusterError(
          `CLICKHOUSE_URL names ${new URL(url).host}, which is not a node of the cluster ${name}.`,
        );
      }
      const other = named.get(placeOf(own));
      if (other !== undefined) {
        throw new ClusterError(
          `CLICKHOUSE_URL names ${new URL(other).host} and ${new URL(url).host}, which are the same node of the cluster ${name}.`,
        );
      }
      named.set(placeOf(own), url);
    }),
  );
  return named;
}

function placeOf({ shard, replica }: Pick<Row, 'shard' | 'replica'>): string {
  return `${shard}/${replica}`;
}

/** Asks the node, over the connection that servers have among themselves, where it answers over HTTP. */
async function findUrl({ host, port }: Row, known: ClickHouseServer, database: Database): Promise<string> {
  const url = new URL(known.url);
  const portName = url.protocol === 'https:' ? sql`'https_port'` : sql`'http_port'`;
  const address = param('String', `${host}:${port}`);
  const [row] = await database.rows<[number]>(sql`SELECT getServerPort(${portName})
    FROM remote(${address}, system.one, ${param('String', known.user)}, ${param('String', known.password)})`);
  if (row === undefined) throw new ClusterError(`The node ${host} does not report its HTTP port.`);
  url.hostname = host.includes(':') ? `[${host}]` : host;
  url.port = String(row[0]);
  return url.href;
}
