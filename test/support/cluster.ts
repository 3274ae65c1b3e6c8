import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../src/clickhouse/database.ts';
import type { ClickHouseServer } from '../../src/config.ts';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import { waitUntil } from './process.ts';

/** The cluster's name in every node's configuration. */
export const CLUSTER = 'spoor_test';
/** The same nodes, the last shard first. */
export const OTHER_ORDER = 'spoor_test_turned';
/** The same nodes as the replicas of one shard; for that they need a Keeper. */
export const REPLICAS = 'spoor_test_replicas';

const USER = 'spoor';
const PASSWORD = 'a password of the tests';

interface Ports {
  readonly http: number;
  readonly tcp: number;
}

/** A node of a cluster: an embedded engine that also listens for the other nodes. */
export class ClusterNode {
  readonly server: ClickHouseServer;
  readonly #folder: string;
  readonly #ports: Ports;
  #child: ChildProcess | undefined;
  #isWanted = false;

  constructor(folder: string, ports: Ports, config: (folder: string) => string, users: string) {
    this.#folder = folder;
    this.#ports = ports;
    this.server = { url: `http://127.0.0.1:${ports.http}`, user: USER, password: PASSWORD };
    mkdirSync(folder);
    writeFileSync(join(folder, 'config.xml'), config(folder));
    writeFileSync(join(folder, 'users.xml'), users);
  }

  /** Starts it, also after a kill, and waits until it answers. */
  async start(): Promise<void> {
    this.#isWanted = true;
    this.#spawn();
    const database = new Database(this.server, 'default');
    try {
      await waitUntil('a node of the cluster to answer', () => database.ping());
    } finally {
      await database.close();
    }
  }

  /**
   * An engine that is connected to while it begins to listen may end again, and so may one to which another breaks off a
   * connection in the middle of a query; as any service it is then started anew.
   */
  #spawn(): void {
    const output = openSync(join(this.#folder, 'output.log'), 'w');
    const child = spawn(process.execPath, engineArguments(this.#folder, this.#ports), {
      detached: true,
      // What a table function makes of a name, such as an empty file for `sqlite`, is not to lie in the source tree.
      cwd: this.#folder,
      stdio: ['pipe', output, output],
      env: {},
    });
    closeSync(output);
    child.stdin?.on('error', () => {});
    child.once('exit', () => {
      if (this.#isWanted) this.#spawn();
    });
    this.#child = child;
  }

  /** Ends it at once, as a power cut does; what an insert had answered for is kept. */
  async kill(): Promise<void> {
    this.#isWanted = false;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Its disk is lost while it is down. */
  loseData(): void {
    rmSync(join(this.#folder, 'data'), { recursive: true, force: true });
  }

  /** Stops it where it is: it answers nobody and loses nothing, as when the network is cut. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }
}

export interface TestCluster {
  /** In the order of their shards, which have one each. */
  readonly nodes: readonly ClusterNode[];
  /** What a Spoor needs to be told to use it. */
  readonly settings: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

export interface ClusterOptions {
  readonly shards?: number;
  /** Notes queries and what they cost. What was noted is lost when a node is killed. */
  readonly hasQueryLog?: boolean;
  /** Where a Keeper is, on this machine. */
  readonly keeperPort?: number;
  /** Users beside Spoor's own, and their profiles, as XML: the engine can create none. */
  readonly users?: MoreUsers;
}

export interface MoreUsers {
  readonly profiles: string;
  readonly users: string;
}

/** Starts a cluster on the loopback interface, each node a shard. */
export async function startCluster({
  shards = 2,
  hasQueryLog = false,
  keeperPort,
  users = { profiles: '', users: '' },
}: ClusterOptions = {}): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'spoor-cluster-'));
  const free = await freePorts(shards * 2);
  const ports = Array.from({ length: shards }, (_, index) => ({
    http: free[index * 2] ?? 0,
    tcp: free[index * 2 + 1] ?? 0,
  }));
  const nodes = ports.map(
    (own, index) =>
      new ClusterNode(
        join(folder, `node${index + 1}`),
        own,
        configOf(ports, hasQueryLog, keeperPort),
        usersOf(users),
      ),
  );
  await Promise.all(nodes.map((node) => node.start()));
  return {
    nodes,
    settings: {
      CLICKHOUSE_URL: nodes.map(({ server }) => server.url).join(),
      CLICKHOUSE_USER: USER,
      CLICKHOUSE_PASSWORD: PASSWORD,
      CLICKHOUSE_CLUSTER: CLUSTER,
    },
    stop: async () => {
      await Promise.all(nodes.map((node) => node.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Below the ports that a connection takes for its own end: one of those could be taken while a node is down. */
const LOWEST_PORT = 12_000;
const HIGHEST_PORT = 32_000;

/** Ports are told to all nodes before any of them listens. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

function configOf(
  shards: readonly Ports[],
  hasQueryLog: boolean,
  keeperPort: number | undefined,
): (folder: string) => string {
  const clusters = [
    clusterOf(CLUSTER, shards),
    clusterOf(OTHER_ORDER, shards.toReversed()),
    replicasOf(REPLICAS, shards),
  ];
  const keeper =
    keeperPort === undefined
      ? ''
      : `<zookeeper><node><host>127.0.0.1</host><port>${keeperPort}</port></node></zookeeper>`;
  const queryLog = hasQueryLog ? QUERY_LOG : '';
  return (folder) => `<clickhouse>
  <users_config>${join(folder, 'users.xml')}</users_config>
  <timezone>UTC</timezone>
  <logger><level>error</level><log>${join(folder, 'clickhouse.log')}</log></logger>
  <remote_servers>${clusters.join('')}</remote_servers>
  ${queryLog}
  ${keeper}
  <shutdown_wait_unfinished>1</shutdown_wait_unfinished>
  <max_server_memory_usage_to_ram_ratio>0.3</max_server_memory_usage_to_ram_ratio>
</clickhouse>`;
}

function clusterOf(name: string, shards: readonly Ports[]): string {
  const each = shards.map((shard) => `<shard>${replicaOf(shard)}</shard>`);
  return `<${name}><secret>${SECRET}</secret>${each.join('')}</${name}>`;
}

function replicasOf(name: string, replicas: readonly Ports[]): string {
  const only = `<internal_replication>true</internal_replication>${replicas.map(replicaOf).join('')}`;
  return `<${name}><secret>${SECRET}</secret><shard>${only}</shard></${name}>`;
}

function replicaOf({ tcp }: Ports): string {
  return `<replica><host>127.0.0.1</host><port>${tcp}</port></replica>`;
}

/** As on a server of its own, where Spoor's user is told of other nodes; the engine opens its listeners as `default`. */
const usersOf = (more: MoreUsers): string => `<clickhouse>
  <profiles><default/>${more.profiles}</profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <password/>
      <networks><ip>127.0.0.1</ip></networks>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT READ ON FILE</query>
        <query>GRANT CREATE TEMPORARY TABLE ON *.*</query>
      </grants>
    </default>
    <${USER}>
      <password>${PASSWORD}</password>
      <networks><ip>127.0.0.1</ip></networks>
      <grants><query>GRANT ALL ON *.* WITH GRANT OPTION</query></grants>
    </${USER}>
    ${more.users}
  </users>
</clickhouse>`;

const QUERY_LOG =
  '<query_log><database>system</database><table>query_log</table><flush_interval_milliseconds>1000</flush_interval_milliseconds></query_log>';

const SECRET = randomBytes(16).toString('hex');

function engineArguments(folder: string, { http, tcp }: Ports): readonly string[] {
  return [
    join(PACKAGE_ROOT, 'dist/clickhouse/engine.js'),
    `--path=${join(folder, 'data')}`,
    `--config-file=${join(folder, 'config.xml')}`,
    '--log-level=error',
    '--listen_host=127.0.0.1',
    `--http_port=${http}`,
    `--tcp_port=${tcp}`,
    "--query=SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP; SELECT count() FROM file('stdin', 'LineAsString') FORMAT Null",
  ];
}
