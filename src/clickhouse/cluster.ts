import { ClickHouseError, type ClickHouseSettings } from '@clickhouse/client';
import type { ClickHouseServer } from '../config.ts';
import { param, sql } from '../sql/sql.ts';
import type { Database } from './database.ts';
import type { Migration, RunStatement } from './migrations.ts';
import { isReplicatedCluster } from './replication.ts';
import {
  LOCAL_CLICKS,
  type ShardingPlan,
  onCluster,
  replicaName,
  shardComment,
  shardedStatement,
  statementsOfNewNode,
} from './distributed-tables.ts';
import {
  ClusterError,
  type ClusterNode,
  type NamedServers,
  type Topology,
  readTopology,
} from './topology.ts';

/** A table that holds clicks itself, and the server it is on. */
export interface ClickTable {
  readonly database: Database;
  readonly table: 'clicks' | typeof LOCAL_CLICKS;
  /** Other nodes have the same clicks, and a change is made when they all have made it. */
  readonly isReplicated: boolean;
}

/** How the clicks are distributed over the shards. */
export interface Shards {
  readonly cluster: string;
  readonly database: string;
  /** The shard of each slot: a click goes to slot `visitor % slots.length`. */
  readonly slots: readonly number[];
}

/** How a server of the cluster is opened: without a database of ours, or with it. */
export interface ClusterConnections extends NamedServers {
  readonly openOurs: (server: ClickHouseServer, replicas: number) => Database;
}

/** A cluster whose nodes are known. */
export class Cluster {
  readonly shards: Shards;
  /** Of each shard. */
  readonly replicas: number;
  /** The coordinator node, whose small tables are read even where other nodes have them too: it has all that was written. */
  readonly coordinator: ClickHouseServer;
  readonly #nodes: readonly ClusterNode[];
  readonly #plan: ShardingPlan;
  readonly #connections: ClusterConnections;
  #hasDistributedDdl: boolean;

  private constructor(
    { nodes, replicas }: Topology,
    coordinator: ClickHouseServer,
    plan: ShardingPlan,
    connections: ClusterConnections,
  ) {
    const { cluster, database, slots } = plan;
    this.shards = { cluster, database, slots };
    this.replicas = replicas;
    this.coordinator = coordinator;
    this.#nodes = nodes;
    this.#plan = plan;
    this.#connections = connections;
    // As long as the servers have not refused it.
    this.#hasDistributedDdl = nodes.length > 1;
  }

  /** @throws ClusterError when Spoor cannot use it; AppError `unavailable` while a node is unreachable */
  static async open(name: string, database: string, connections: ClusterConnections): Promise<Cluster> {
    const topology = await readTopology(name, connections);
    const { nodes, slots, replicas } = topology;
    const [first] = nodes;
    if (first === undefined) throw new ClusterError(`The cluster ${name} has no nodes.`);
    const found = await Promise.all(
      nodes.map(async ({ server, hasKeeper }) => {
        const tables = await clickTablesOf(connections.open(server), database);
        return { host: hostOf(server), hasKeeper, engine: tables.get(LOCAL_CLICKS)?.engine };
      }),
    );
    const isReplicated = isReplicatedCluster({ cluster: name, database, replicas, nodes: found });
    return new Cluster(topology, first.server, { cluster: name, database, slots, isReplicated }, connections);
  }

  /** Each shard's table of clicks. */
  get clickTables(): readonly ClickTable[] {
    const { isReplicated } = this.#plan;
    return this.#nodes
      .filter(({ replica }) => replica === 1)
      .map((node) => ({ database: this.#ours(node), table: LOCAL_CLICKS, isReplicated }));
  }

  async createDatabases(): Promise<void> {
    await this.#onEveryNode(`CREATE DATABASE IF NOT EXISTS ${this.shards.database}`, ({ server }) =>
      this.#connections.open(server),
    );
  }

  /** Carries out a migration's statement on every node, in each node's form where that is its own. */
  readonly run: RunStatement = async (statement) => {
    const ofNodes = this.#nodes.map((node) => shardedStatement(statement, node, this.#plan));
    const [ofFirst = [], ...ofOthers] = ofNodes;
    const ofAll = ofFirst.filter((one) => ofOthers.every((others) => others.includes(one)));
    for (const [index, node] of this.#nodes.entries()) {
      for (const own of ofNodes[index] ?? []) if (!ofAll.includes(own)) await this.#say(node, own);
    }
    for (const one of ofAll) await this.#onEveryNode(one, (node) => this.#ours(node));
  };

  /**
   * Makes sure that each node holds the clicks of the shard that it is now. A replica that is new gets its tables.
   * @throws ClusterError that says what is wrong
   */
  async checkTables(migrations: readonly Migration[]): Promise<void> {
    const { cluster, database, slots } = this.shards;
    const found = await this.#tablesOfNodes();
    for (const node of this.#nodes) {
      const isShardElsewhere = this.#nodes.some(
        (other) => other.shard === node.shard && found.get(other)?.has(LOCAL_CLICKS),
      );
      if (!found.get(node)?.has(LOCAL_CLICKS) && this.#plan.isReplicated && isShardElsewhere) {
        for (const statement of statementsOfNewNode(migrations.flatMap(({ statements }) => statements))) {
          for (const own of shardedStatement(statement, node, this.#plan)) await this.#say(node, own);
        }
      }
    }
    for (const [{ shard, server }, tables] of await this.#tablesOfNodes()) {
      const host = hostOf(server);
      if (tables.has('clicks') && tables.get('clicks')?.engine !== 'Distributed') {
        throw new ClusterError(
          `The database ${database} on ${host} has its clicks in one table already: use another CLICKHOUSE_DATABASE for the cluster.`,
        );
      }
      const local = tables.get(LOCAL_CLICKS);
      if (local === undefined) {
        throw new ClusterError(
          `The table of clicks is missing in database ${database} on ${host}: restore that node's data, or use another CLICKHOUSE_DATABASE.`,
        );
      }
      if (local.comment !== shardComment(shard, slots)) {
        throw new ClusterError(
          `The cluster ${cluster} has other shards than its clicks are distributed over (${host}: ${local.comment}) Restore the shards, or copy the clicks into another CLICKHOUSE_DATABASE.`,
        );
      }
    }
  }

  /** A statement that is the same on every node: said once where the servers pass it on, else to one after another. */
  async #onEveryNode(statement: string, connectionTo: (node: ClusterNode) => Database): Promise<void> {
    const once = this.#hasDistributedDdl ? onCluster(statement, this.#plan) : undefined;
    if (once !== undefined) {
      try {
        await this.#connections.open(this.coordinator).commandText(once, SAID_ONCE);
        return;
      } catch {
        // Not configured, not granted, no Keeper, or a node too late: any statement may be said a second time.
        this.#hasDistributedDdl = false;
      }
    }
    for (const node of this.#nodes) await connectionTo(node).commandText(statement);
  }

  async #say(node: ClusterNode, statement: string): Promise<void> {
    try {
      await this.#ours(node).commandText(statement);
    } catch (error) {
      if (!(error instanceof ClickHouseError) || error.type !== 'REPLICA_ALREADY_EXISTS') throw error;
      throw new ClusterError(
        `The database ${this.shards.database} on ${hostOf(node.server)} lacks tables that its Keeper knows it to have: bring that node's data back. If another replica of its shard has the clicks, SYSTEM DROP REPLICA '${replicaName(node)}' FROM DATABASE ${this.shards.database} there lets them be copied anew.`,
        { cause: error },
      );
    }
  }

  async #tablesOfNodes(): Promise<ReadonlyMap<ClusterNode, ClickTablesFound>> {
    const { database } = this.shards;
    return new Map(
      await Promise.all(
        this.#nodes.map(
          async (node) => [node, await clickTablesOf(this.#connections.open(node.server), database)] as const,
        ),
      ),
    );
  }

  #ours({ server }: ClusterNode): Database {
    return this.#connections.openOurs(server, this.replicas);
  }
}

/** By name. */
type ClickTablesFound = ReadonlyMap<string, { readonly engine: string; readonly comment: string }>;

async function clickTablesOf(server: Database, database: string): Promise<ClickTablesFound> {
  const rows = await server.rows<[string, string, string]>(sql`
    SELECT name, engine, comment FROM system.tables
    WHERE database = ${param('String', database)} AND name IN ('clicks', ${param('String', LOCAL_CLICKS)})`);
  return new Map(rows.map(([name, engine, comment]) => [name, { engine, comment }]));
}

function hostOf({ url }: ClickHouseServer): string {
  return new URL(url).host;
}

/** An unreachable node delays the start no longer than one that is asked by itself. */
const SAID_ONCE = {
  distributed_ddl_task_timeout: '20',
  distributed_ddl_output_mode: 'none',
} satisfies ClickHouseSettings;
