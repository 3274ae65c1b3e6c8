import type { ClickHouseSettings } from '@clickhouse/client';
import type { ClickHouseCluster, ClickHouseServer } from '../config.ts';
import { param, quoted, sql } from '../sql/sql.ts';
import type { Database, NodeSettings } from './database.ts';
import type { Migration, RunStatement } from './migrations.ts';
import { LOCAL_CLICKS, type SpreadPlan, shardComment, spreadStatement } from './spread-tables.ts';
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

/** How the clicks are dealt to the shards. */
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
  readonly #topology: Topology;
  readonly #connections: ClusterConnections;
  readonly #user: Omit<ClickHouseServer, 'url'>;

  private constructor(shards: Shards, topology: Topology, connections: ClusterConnections) {
    this.shards = shards;
    this.#topology = topology;
    this.#connections = connections;
    const { user = '', password = '' } = connections.servers[0] ?? {};
    this.#user = { user, password };
  }

  /** @throws ClusterError when Spoor cannot use it; AppError `unavailable` while a node is away */
  static async open(name: string, database: string, connections: ClusterConnections): Promise<Cluster> {
    const topology = await readTopology(name, connections);
    return new Cluster({ cluster: name, database, slots: topology.slots }, topology, connections);
  }

  /** Of each shard. */
  get replicas(): number {
    return this.#topology.replicas;
  }

  /** The server whose small tables are asked, also where others have them too: it knows all that was written to it. */
  get home(): ClickHouseServer {
    const [first] = this.#topology.nodes;
    if (first === undefined) throw new ClusterError(`The cluster ${this.shards.cluster} has no nodes.`);
    return this.#serverOf(first);
  }

  /** Each shard's table of clicks. */
  get clickTables(): readonly ClickTable[] {
    return this.#topology.nodes
      .filter(({ replica }) => replica === 1)
      .map((node) => ({
        database: this.#ours(node),
        table: LOCAL_CLICKS,
        isReplicated: this.#plan.isReplicated,
      }));
  }

  async createDatabases(): Promise<void> {
    const { database } = this.shards;
    await this.#onEachNode((node) =>
      this.#connections.open(this.#serverOf(node)).commandText(`CREATE DATABASE IF NOT EXISTS ${database}`),
    );
  }

  /** Carries out a migration's statement on every node, each in its own form. */
  readonly run: RunStatement = async (statement) => {
    for (const node of this.#topology.nodes) await this.#runOn(node, statement);
  };

  /**
   * Makes sure that each node holds the clicks of the shard that it is now. A replica that is new gets its tables.
   * @throws ClusterError that says what is wrong
   */
  async checkTables(migrations: readonly Migration[]): Promise<void> {
    await this.#onEachNode(async (node) => {
      const { host } = new URL(node.url);
      let tables = await this.#clickTablesOf(node);
      if (!tables.has(LOCAL_CLICKS) && this.#plan.isReplicated) {
        for (const { statements } of migrations) for (const one of statements) await this.#runOn(node, one);
        tables = await this.#clickTablesOf(node);
      }
      if (tables.has('clicks') && tables.get('clicks')?.engine !== 'Distributed') {
        throw new ClusterError(
          `The database ${this.shards.database} on ${host} has its clicks in one table already: choose another CLICKHOUSE_DATABASE for the cluster.`,
        );
      }
      const local = tables.get(LOCAL_CLICKS);
      if (local === undefined) {
        throw new ClusterError(
          `The database ${this.shards.database} on ${host} lacks its clicks: bring that node's data back, or begin anew with another CLICKHOUSE_DATABASE.`,
        );
      }
      if (local.comment !== shardComment(node.shard, this.shards.slots)) {
        throw new ClusterError(
          `The cluster ${this.shards.cluster} has other shards than its clicks were dealt to (${host} says: ${local.comment}) Put the shards back as they were, or spread the clicks anew into another CLICKHOUSE_DATABASE.`,
        );
      }
    });
  }

  get #plan(): SpreadPlan {
    return { ...this.shards, isReplicated: this.#topology.replicas > 1 };
  }

  async #runOn(node: ClusterNode, statement: string): Promise<void> {
    for (const one of spreadStatement(statement, node, this.#plan)) await this.#ours(node).commandText(one);
  }

  async #clickTablesOf(node: ClusterNode) {
    const rows = await this.#ours(node).rows<[string, string, string]>(sql`
      SELECT name, engine, comment FROM system.tables
      WHERE database = currentDatabase() AND name IN ('clicks', ${param('String', LOCAL_CLICKS)})`);
    return new Map(rows.map(([name, engine, comment]) => [name, { engine, comment }]));
  }

  async #onEachNode(work: (node: ClusterNode) => Promise<void>): Promise<void> {
    await Promise.all(this.#topology.nodes.map(work));
  }

  #ours(node: ClusterNode): Database {
    return this.#connections.openOurs(this.#serverOf(node), this.#topology.replicas);
  }

  #serverOf({ url }: ClusterNode): ClickHouseServer {
    return { url, ...this.#user };
  }
}

/** The servers that the settings name, all of one user. */
export function serversOf({ urls }: ClickHouseCluster, user: ClickHouseServer): readonly ClickHouseServer[] {
  return urls.map((url) => ({ ...user, url }));
}

/** What every statement of a cluster is told. */
const SPREAD_STATEMENTS = {
  // Answered when the shards have the rows, not when they are queued for them.
  distributed_foreground_insert: 1,
  // A part of the truth is no answer.
  skip_unavailable_shards: 0,
  // A node that is away is away for a while; asking it again and again only delays saying so.
  connections_with_failover_max_tries: '1',
} satisfies ClickHouseSettings;

/**
 * @param replicas of each shard. An insert is answered when all of them have it, so that any may be asked
 * @returns what a connection to a cluster is told: it answers only while every shard does
 */
export function nodeSettings(cluster: string, replicas: number): NodeSettings {
  const ofReplicas: ClickHouseSettings =
    replicas === 1
      ? {}
      : { insert_quorum: String(replicas), insert_quorum_parallel: 1, load_balancing: 'in_order' };
  return {
    statements: { ...SPREAD_STATEMENTS, ...ofReplicas },
    probe: sql`SELECT count() FROM cluster(${quoted(cluster)}, system.one)`,
  };
}
