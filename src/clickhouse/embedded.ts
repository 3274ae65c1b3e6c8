import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseServer } from '../config.ts';
import { createDataDir, readOrCreateSecret } from '../data-dir.ts';
import { ARCHIVE_FOLDER, PACKAGE_ROOT } from '../paths.ts';

/** Another process has the data directory open. */
export class DataDirInUseError extends Error {
  constructor(dataDir: string) {
    super(`The data directory ${dataDir} is in use by another Spoor process.`);
  }
}

/** The user of the engine's configuration that may do everything. */
const USER = 'spoor';

const START_TIMEOUT_MS = 60_000;
const ANSWER_MS = 5_000;

/**
 * A real ClickHouse server out of an npm package: a child process that listens on a free loopback port and lives
 * and dies with this process, because it ends when its standard input is closed.
 */
export class EmbeddedClickHouse {
  readonly server: ClickHouseServer;
  /** Settles when the engine is gone, for whatever reason. */
  readonly exited: Promise<unknown>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, server: ClickHouseServer) {
    this.#child = child;
    this.server = server;
    this.exited = hasExited(child) ? Promise.resolve() : once(child, 'exit');
  }

  /**
   * Starts the engine over `dataDir` and waits until it answers.
   * @param listenPort where; 0 takes any free one
   * @throws DataDirInUseError when another engine has the directory; Error with a sentence for the operator otherwise
   */
  static async start(dataDir: string, listenPort = 0): Promise<EmbeddedClickHouse> {
    requireEngine();
    createDataDir(dataDir);
    const password = readOrCreateSecret(dataDir, 'clickhouse-password');
    const portFile = join(dataDir, `${PORT_FILE}${process.pid}.${randomBytes(4).toString('hex')}`);
    const outputFile = join(dataDir, 'clickhouse-output.log');
    const output = openSync(outputFile, 'w', 0o600);
    const child = spawn(process.execPath, engineArguments(dataDir, listenPort, portFile), {
      // A signal to the whole process group (Ctrl-C) kills the engine at once; in a group of its own it outlives
      // the flush and is ended by closing its input.
      detached: true,
      stdio: ['pipe', output, output],
      env: {
        SPOOR_ENGINE_USERS_CONFIG: join(PACKAGE_ROOT, 'clickhouse/embedded-users.xml'),
        SPOOR_ENGINE_PASSWORD_SHA256: createHash('sha256').update(password).digest('hex'),
        SPOOR_ENGINE_AUTHORIZATION: `Basic ${Buffer.from(`${USER}:${password}`).toString('base64')}`,
        SPOOR_ENGINE_LOG: join(dataDir, 'clickhouse.log'),
        SPOOR_ENGINE_BACKUPS: join(dataDir, ARCHIVE_FOLDER),
      },
    });
    closeSync(output);
    // Writing to the input of an engine that has just died must not take this process with it.
    child.stdin?.on('error', () => {});
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    try {
      const deadline = performance.now() + START_TIMEOUT_MS;
      while (performance.now() < deadline && !hasExited(child)) {
        const port = readPort(portFile);
        const server = { url: `http://127.0.0.1:${port}`, user: USER, password };
        if (port !== undefined && (await answers(server))) {
          removePortFiles(dataDir);
          return new EmbeddedClickHouse(child, server);
        }
        await delay(10);
      }
      await kill(child);
      if (readFileSync(outputFile, 'utf8').includes('Cannot lock file')) throw new DataDirInUseError(dataDir);
      throw new Error(`The embedded ClickHouse did not start; ${outputFile} says why.`, { cause: failure });
    } finally {
      rmSync(portFile, { force: true });
    }
  }

  /** Ends the engine; one that has not ended after `graceMs` is killed, which loses nothing an insert had answered for. */
  async stop(graceMs = 5_000): Promise<void> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    await this.exited;
    clearTimeout(timer);
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function kill(child: ChildProcess): Promise<void> {
  if (hasExited(child)) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** True when the engine answers a query; one that listens may still be about to end. */
async function answers({ url, user, password }: ClickHouseServer): Promise<boolean> {
  try {
    const response = await fetch(`${url}/?query=SELECT+1`, {
      headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return response.ok && (await response.text()) === '1\n';
  } catch {
    return false;
  }
}

function engineArguments(dataDir: string, listenPort: number, portFile: string): readonly string[] {
  const quoted = portFile.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  const queries = [
    'SYSTEM START LISTEN HTTP',
    `SELECT getServerPort('http_port') INTO OUTFILE '${quoted}' FORMAT TSV`,
    // Reads standard input until the parent closes it or dies.
    "SELECT count() FROM file('stdin', 'LineAsString') FORMAT Null",
  ];
  return [
    join(PACKAGE_ROOT, 'dist/clickhouse/engine.js'),
    `--path=${join(dataDir, 'clickhouse')}`,
    `--config-file=${join(PACKAGE_ROOT, 'clickhouse/embedded.xml')}`,
    '--log-level=error',
    '--listen_host=127.0.0.1',
    `--http_port=${listenPort}`,
    `--query=${queries.join('; ')}`,
  ];
}

const PORT_FILE = 'clickhouse-port.';

/** Also those of starts that were broken off: who has the directory is the only one that can have a use for one. */
function removePortFiles(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (name.startsWith(PORT_FILE)) rmSync(join(dataDir, name), { force: true });
  }
}

function readPort(file: string): number | undefined {
  try {
    // The line break tells a complete file from one that is still being written.
    const match = /^(\d+)\n/.exec(readFileSync(file, 'utf8'));
    return match ? Number(match[1]) : undefined;
  } catch {
    return undefined;
  }
}

function requireEngine(): void {
  try {
    const require = createRequire(import.meta.url);
    require.resolve('ffi-rs');
    require.resolve('chdb/libchdb');
  } catch {
    throw new Error(
      'The embedded ClickHouse is not installed: run npm install with optional dependencies, or set CLICKHOUSE_URL to a ClickHouse server.',
    );
  }
}
