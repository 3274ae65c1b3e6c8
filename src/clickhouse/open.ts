import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseCluster, ClickHouseServer, Config } from '../config.ts';
import { findRunning } from '../data-dir.ts';
import { sql } from '../sql/sql.ts';
import { type ClickTable, Cluster, type Shards, nodeSettings, serversOf } from './cluster.ts';
import { Database, type QueryObserver } from './database.ts';
import { DataDirInUseError, EmbeddedClickHouse } from './embedded.ts';
import { migrate, readMigrations } from './migrations.ts';
import { memoryLimits } from './settings.ts';
import { EngineSupervisor } from './supervisor.ts';

/** A ClickHouse that answers and has all its tables. */
export interface OpenClickHouse {
  readonly database: Database;
  /** The same ClickHouse, whether that database exists or not. */
  readonly server: Database;
  /** The tables that hold the clicks themselves, for statements that change them there. */
  readonly clickTables: readonly ClickTable[];
  /** How the clicks are spread; undefined: they are all in one table. */
  readonly shards: Shards | undefined;
  /** The migrations that this opening applied. */
  readonly migrated: readonly string[];
  /** Settles when the embedded ClickHouse has ended and cannot be started again; never without one. */
  readonly engineLost: Promise<void>;
  readonly close: () => Promise<void>;
}

export interface OpenOptions {
  /** How long to wait for another process to let go of the data directory. */
  readonly waitForDataDirMs: number;
  readonly observe?: QueryObserver;
  /** Called when the embedded ClickHouse has ended by itself and is started again. */
  readonly onEngineExit?: () => void;
  /** Called each second that a server is waited for. */
  readonly onWait?: () => void;
}

const SERVER_WAIT_MS = 30_000;
/** The engine's share of the 10 s that a stop may take. */
const ENGINE_STOP_MS = 1_500;

/**
 * Opens the ClickHouse that the settings name, starting the embedded one where they name none, and migrates it.
 * @throws Error with a sentence for the operator
 */
export async function openClickHouse(config: Config, options: OpenOptions): Promise<OpenClickHouse> {
  if (config.cluster !== undefined && config.clickhouse !== undefined) {
    return connectToCluster(config, config.cluster, serversOf(config.cluster, config.clickhouse), options);
  }
  if (config.clickhouse !== undefined) return connect(config, config.clickhouse, options);
  const engine = await EngineSupervisor.start(
    (port) => startEngine(config, options.waitForDataDirMs, port),
    () => options.onEngineExit?.(),
  );
  try {
    const opened = await connect(config, engine.server, options);
    return {
      ...opened,
      engineLost: engine.gaveUp,
      close: async () => {
        await opened.close();
        await engine.stop(ENGINE_STOP_MS);
      },
    };
  } catch (error) {
    await engine.stop(ENGINE_STOP_MS);
    throw error;
  }
}

async function connect(
  config: Config,
  server: ClickHouseServer,
  options: OpenOptions,
): Promise<OpenClickHouse> {
  // The database may not exist yet, and a session in one that is missing is refused.
  const bare = new Database(server, 'default');
  const opened: Database[] = [bare];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((database) => database.close()));
  };
  try {
    await waitForAnswer(config, bare, options);
    const limits = memoryLimits(await memoryOf(bare), config.maxQueries + config.maxExports);
    const database = new Database(server, config.database, options.observe, limits);
    opened.push(database);
    const migrated = await migrate(database, bare);
    await refuseSpreadClicks(database);
    return {
      database,
      server: bare,
      clickTables: [{ database, table: 'clicks', isReplicated: false }],
      shards: undefined,
      migrated,
      engineLost: new Promise(() => {}),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws Error when the clicks are those of a cluster: one node does not know when the others have them */
async function refuseSpreadClicks(database: Database): Promise<void> {
  const spread = await database.rows(sql`SELECT 1 FROM system.tables
    WHERE database = currentDatabase() AND name = 'clicks' AND engine = 'Distributed'`);
  if (spread.length === 0) return;
  throw new Error(
    `The clicks of the database ${database.name} are spread over a cluster: set CLICKHOUSE_CLUSTER.`,
  );
}

async function connectToCluster(
  config: Config,
  { name }: ClickHouseCluster,
  servers: readonly ClickHouseServer[],
  options: OpenOptions,
): Promise<OpenClickHouse> {
  const opened = new Map<string, Database>();
  const once = (key: string, make: () => Database): Database => {
    const database = opened.get(key) ?? make();
    opened.set(key, database);
    return database;
  };
  const open = (server: ClickHouseServer) => once(server.url, () => new Database(server, 'default'));
  const close = async (): Promise<void> => {
    await Promise.all([...opened.values()].map((database) => database.close()));
  };
  try {
    for (const server of servers) await waitForAnswer(config, open(server), options);
    const cluster = await Cluster.open(name, config.database, {
      servers,
      open,
      openOurs: (server, replicas) =>
        once(
          `${server.url} ours`,
          () => new Database(server, config.database, options.observe, {}, nodeSettings(name, replicas)),
        ),
    });
    const bare = open(cluster.home);
    const settings = nodeSettings(name, cluster.replicas);
    const limits = memoryLimits(await memoryOf(bare), config.maxQueries + config.maxExports);
    const database = once(
      'home',
      () => new Database(cluster.home, config.database, options.observe, limits, settings),
    );
    await cluster.createDatabases();
    const migrations = readMigrations();
    const migrated = await migrate(database, bare, migrations, cluster.run);
    await cluster.checkTables(migrations);
    const { clickTables, shards } = cluster;
    return {
      database,
      server: bare,
      clickTables,
      shards,
      migrated,
      engineLost: new Promise(() => {}),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Bytes the server may use in all; 0 when it has no limit or does not tell this user. */
async function memoryOf(server: Database): Promise<number> {
  try {
    const [row] = await server.rows<[number]>(
      sql`SELECT toUInt64(value) FROM system.server_settings WHERE name = 'max_server_memory_usage'`,
    );
    return row?.[0] ?? 0;
  } catch {
    return 0;
  }
}

/** Starts the engine; a directory that is just being let go of, after a crash for example, is waited for. */
async function startEngine(config: Config, waitMs: number, port: number): Promise<EmbeddedClickHouse> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    if (port === 0) await refuseSecondServer(config);
    try {
      return await EmbeddedClickHouse.start(config.dataDir, port);
    } catch (error) {
      if (!(error instanceof DataDirInUseError) || Date.now() > deadline) throw error;
    }
    await delay(200);
  }
}

/** @throws Error that names the server which has the data directory already */
export async function refuseSecondServer({ dataDir }: Config): Promise<void> {
  const running = await findRunning(dataDir);
  if (running === undefined) return;
  throw new Error(
    `The data directory ${dataDir} is in use by the server at ${running.url} (process ${running.pid}).`,
  );
}

/** A server that does not answer yet is waited for: containers start in any order. */
async function waitForAnswer(config: Config, server: Database, { onWait }: OpenOptions): Promise<void> {
  const deadline = Date.now() + SERVER_WAIT_MS;
  while (!(await server.answers())) {
    if (Date.now() > deadline) {
      throw new Error(
        config.clickhouse === undefined
          ? 'The embedded ClickHouse does not answer.'
          : 'ClickHouse does not answer at CLICKHOUSE_URL, or refuses CLICKHOUSE_USER and CLICKHOUSE_PASSWORD.',
      );
    }
    onWait?.();
    await delay(1_000);
  }
}
