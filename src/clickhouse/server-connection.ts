import type { ClickHouseServer, Config } from '../config.ts';
import { sql } from '../sql/sql.ts';
import type { ClickTable, Shards } from './cluster.ts';
import type { Database } from './database.ts';
import type { QueryObserver } from './query-options.ts';
import { refuseOldServer, versionOf } from './server-version.ts';
import type { Deadlines } from './deadlines.ts';
import { type OnWait, Waiting } from './waiting.ts';

/** A ClickHouse that responds and has all tables. */
export interface OpenClickHouse {
  readonly database: Database;
  /** The same ClickHouse, whether that database exists or not. */
  readonly server: Database;
  /** The tables that hold the clicks themselves, for statements that change them there. */
  readonly clickTables: readonly ClickTable[];
  /** How the clicks are sharded; undefined: they are all in one table. */
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
  readonly deadlines?: Deadlines | undefined;
  /** Called when the embedded ClickHouse has ended by itself and is started again. */
  readonly onEngineExit?: () => void;
  readonly onWait?: OnWait;
}

/** Databases that are opened one after another, each once, and closed together. */
class OpenDatabases {
  readonly #opened = new Map<string, Database>();

  /** The one opened under that name, made when it is asked for first. */
  once(name: string, make: () => Database): Database {
    const database = this.#opened.get(name) ?? make();
    this.#opened.set(name, database);
    return database;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#opened.values()].map((database) => database.close()));
  }
}

/** What an opening that succeeded hands over. */
type Opened = Omit<OpenClickHouse, 'engineLost' | 'close'>;

/** Opens what it takes; when that fails nothing stays open. */
export async function opening(work: (databases: OpenDatabases) => Promise<Opened>): Promise<OpenClickHouse> {
  const databases = new OpenDatabases();
  try {
    return { ...(await work(databases)), engineLost: new Promise(() => {}), close: () => databases.close() };
  } catch (error) {
    await databases.close();
    throw error;
  }
}

const SERVER_WAIT_MS = 30_000;

/**
 * Waits for a server that does not respond yet, since containers start in any order.
 * @throws Error with a sentence for the operator if it does not respond, or is too old
 */
export async function waitForAnswer(
  config: Config,
  server: ClickHouseServer,
  database: Database,
  { onWait }: OpenOptions,
): Promise<void> {
  const waiting = new Waiting('ClickHouse', onWait);
  while (!(await isReady(server, database))) {
    if (waiting.elapsedMs > SERVER_WAIT_MS) {
      throw new Error(
        config.clickhouse === undefined
          ? 'The embedded ClickHouse does not respond.'
          : 'ClickHouse does not respond at CLICKHOUSE_URL, or refuses CLICKHOUSE_USER and CLICKHOUSE_PASSWORD.',
      );
    }
    await waiting.pause(1_000);
  }
}

/** The version is checked first: an old server fails all of Spoor's queries, so waiting for it would be in vain. */
async function isReady(server: ClickHouseServer, database: Database): Promise<boolean> {
  const version = await versionOf(server);
  if (version === undefined) return false;
  refuseOldServer(server, version);
  return database.ping();
}

/** Bytes a server may use in all; 0 when it has no limit or does not tell this user. */
export async function memoryOf(server: Database): Promise<number> {
  try {
    const [row] = await server.rows<[number]>(
      sql`SELECT toUInt64(value) FROM system.server_settings WHERE name = 'max_server_memory_usage'`,
    );
    return row?.[0] ?? 0;
  } catch {
    return 0;
  }
}
