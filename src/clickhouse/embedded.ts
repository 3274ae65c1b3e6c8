import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { ClickHouseServer } from '../config.ts';
import { DataDirError, createDataDir } from '../data-dir/data-dir.ts';
import { readOrCreateSecret } from '../data-dir/secrets.ts';
import { authorizationOf, spawnEngine } from './engine-process.ts';
import { StartFiles } from './start-files.ts';
import { type OnWait, Waiting } from './waiting.ts';

/** Another process has the data directory open. */
export class DataDirInUseError extends Error {
  constructor(dataDir: string) {
    super(`The data directory ${dataDir} is in use by another Spoor process.`);
  }
}

/** The user of the engine's configuration that Spoor is. */
const USER = 'spoor';

const START_TIMEOUT_MS = 60_000;
const ANSWER_MS = 5_000;
const POLL_MS = 10;
/** Polls of the engine for each check that the disk can be written. */
const POLLS_PER_DISK_CHECK = 100;

export interface EngineStartOptions {
  readonly onWait?: OnWait | undefined;
  /** Breaks the start off. */
  readonly signal?: AbortSignal;
}

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
   * @throws DataDirInUseError when another engine has the directory; otherwise Error with a sentence for the operator,
   *   or one of the file system, whose `path` lies in the directory
   */
  static async start(
    dataDir: string,
    listenPort = 0,
    { onWait, signal }: EngineStartOptions = {},
  ): Promise<EmbeddedClickHouse> {
    signal?.throwIfAborted();
    requireEngine();
    createDataDir(dataDir);
    const files = new StartFiles(dataDir);
    files.requireWritable();
    const login = { user: USER, password: readOrCreateSecret(dataDir, 'clickhouse-password') };
    const child = spawnEngine({
      dataDir,
      port: listenPort,
      login,
      portFile: files.port,
      outputFile: files.output,
    });
    const breakOff = (): void => void child.kill('SIGKILL');
    signal?.addEventListener('abort', breakOff);
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    try {
      const waiting = new Waiting('the embedded ClickHouse to start', onWait);
      for (let polls = 1; waiting.elapsedMs < START_TIMEOUT_MS && !hasExited(child); polls++) {
        const port = files.readPort();
        const server = { url: `http://127.0.0.1:${port}`, ...login };
        if (port !== undefined && (await answers(server))) {
          files.keepOutput();
          files.removeAll();
          return new EmbeddedClickHouse(child, server);
        }
        if (polls % POLLS_PER_DISK_CHECK === 0) files.requireWritable();
        await waiting.pause(POLL_MS);
      }
      const output = files.readOutput();
      if (output === undefined || output.includes('Cannot lock file')) throw new DataDirInUseError(dataDir);
      files.requireWritable();
      const reason = reasonIn(output) ?? endOf(child);
      const message = `SPOOR_DATA_DIR: the embedded ClickHouse over ${dataDir} did not start (${reason}).`;
      files.keepOutput();
      throw new DataDirError(message, { cause: failure });
    } catch (error) {
      await kill(child);
      throw error;
    } finally {
      signal?.removeEventListener('abort', breakOff);
      files.remove();
    }
  }

  /** Ends the engine. If it has not ended after `graceMs`, it is killed, which loses no acknowledged insert. */
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

/** Whether the engine responds to a query. One that listens may still be about to end. */
async function answers(server: ClickHouseServer): Promise<boolean> {
  try {
    const response = await fetch(`${server.url}/?query=SELECT+1`, {
      // A connection that is kept alive holds up the engine's end until it is killed.
      headers: { authorization: authorizationOf(server), connection: 'close' },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return response.ok && (await response.text()) === '1\n';
  } catch {
    return false;
  }
}

/** The engine's own word for what went wrong, without its stack. */
function reasonIn(output: string): string | undefined {
  return /Exception: (.+?)(?:, Stack trace|\n|$)/.exec(output)?.[1]?.slice(0, 300);
}

function endOf(child: ChildProcess): string {
  if (!hasExited(child)) return `no response within ${START_TIMEOUT_MS / 1000} s`;
  return `it ended without a word: ${child.signalCode ?? `exit code ${child.exitCode}`}`;
}

function requireEngine(): void {
  try {
    const require = createRequire(import.meta.url);
    require.resolve('ffi-rs');
    require.resolve('chdb/libchdb');
  } catch {
    throw new Error(
      'The embedded ClickHouse is not installed: run npm install --include=optional, or set CLICKHOUSE_URL to a ClickHouse server.',
    );
  }
}
