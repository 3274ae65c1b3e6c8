import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseServer } from '../config.ts';
import { PACKAGE_ROOT } from '../process/package-root.ts';
import { ARCHIVE_FOLDER } from '../data-dir/data-dir.ts';

/** In the data directory: the engine's own files, and its log. */
export const ENGINE_FOLDER = 'clickhouse';
export const ENGINE_LOG = 'clickhouse.log';

export interface EngineOptions {
  readonly dataDir: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Who may use the engine. */
  readonly login: Pick<ClickHouseServer, 'user' | 'password'>;
  /** Is written where the engine listens, once it does. */
  readonly portFile: string;
  /** Takes what the engine prints; it must not be there yet. */
  readonly outputFile: string;
}

/** Starts an engine that ends when its standard input is closed, as it is when this process dies. */
export function spawnEngine(options: EngineOptions): ChildProcess {
  const output = openSync(options.outputFile, 'wx', 0o600);
  const child = spawn(process.execPath, argumentsOf(options), {
    // A signal to the whole process group (Ctrl-C) kills the engine at once; in a group of its own it outlives
    // the flush and is ended by closing its input.
    detached: true,
    stdio: ['pipe', output, output],
    env: asXml(environmentOf(options)),
  });
  closeSync(output);
  // Writing to the input of an engine that has just died must not take this process with it.
  child.stdin?.on('error', () => {});
  return child;
}

function argumentsOf({ dataDir, port, portFile }: EngineOptions): readonly string[] {
  const quoted = portFile.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  const queries = [
    'SYSTEM START LISTEN HTTP',
    `SELECT getServerPort('http_port') INTO OUTFILE '${quoted}' FORMAT TSV`,
    // Reads standard input until the parent closes it or dies.
    "SELECT count() FROM file('stdin', 'LineAsString') FORMAT Null",
  ];
  return [
    join(PACKAGE_ROOT, 'dist/clickhouse/engine.js'),
    `--path=${join(dataDir, ENGINE_FOLDER)}`,
    `--config-file=${join(PACKAGE_ROOT, 'clickhouse/embedded.xml')}`,
    '--log-level=error',
    '--listen_host=127.0.0.1',
    `--http_port=${port}`,
    `--query=${queries.join('; ')}`,
  ];
}

function environmentOf({ dataDir, login }: EngineOptions): Readonly<Record<string, string>> {
  return {
    SPOOR_ENGINE_USERS_CONFIG: join(PACKAGE_ROOT, 'clickhouse/embedded-users.xml'),
    SPOOR_ENGINE_PASSWORD_SHA256: createHash('sha256').update(login.password).digest('hex'),
    SPOOR_ENGINE_AUTHORIZATION: authorizationOf(login),
    SPOOR_ENGINE_LOG: join(dataDir, ENGINE_LOG),
    SPOOR_ENGINE_BACKUPS: join(dataDir, ARCHIVE_FOLDER),
  };
}

/** What a request to the engine must bear. */
export function authorizationOf({ user, password }: EngineOptions['login']): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

const XML_ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** The engine reads what its configuration takes from the environment as XML. */
function asXml(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replaceAll(/[&<>]/g, (sign) => XML_ENTITIES[sign] ?? sign),
    ]),
  );
}
