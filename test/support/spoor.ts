import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClickHouseServer, Config } from '../../src/config.ts';
import type { ClickTable } from '../../src/clickhouse/cluster.ts';
import { nodeSettings } from '../../src/clickhouse/cluster-settings.ts';
import { Database } from '../../src/clickhouse/database.ts';
import type { Running, StartOptions } from '../../src/main.ts';
import type { Sharding } from '../../src/stats/sql/click-source.ts';
import { createLog, documentJudge, readConfig, start } from './outside.ts';

export const ADMIN_KEY = `spoo_${'admin'.repeat(6)}`;

/** A Spoor that listens, on a database of its own, and what tests do with it. */
export interface TestSpoor {
  readonly url: string;
  readonly running: Running;
  readonly database: Database;
  /** The tables that hold the clicks themselves, for statements that a table over several does not take. */
  readonly clickTables: readonly ClickTable[];
  /** Says a statement to each of them, where it is. */
  readonly onClickTables: (statement: (table: string) => string) => Promise<void>;
  /** How they are sharded over a cluster; undefined: they are in one table. */
  readonly sharding: Sharding | undefined;
  /** One request, whose answer must be as the API document says; `key` defaults to the administrator's, null sends none. */
  readonly send: (method: string, path: string, options?: SendOptions) => Promise<TestResponse>;
  /** A new key of that owner. */
  readonly createKey: (ownerId: string, scopes?: readonly string[]) => Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface SendOptions {
  readonly key?: string | null;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as NDJSON, one element a line. */
  readonly ndjson?: readonly unknown[];
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined when it is empty or not JSON. */
  readonly json: any;
}

/** The settings that name the run's ClickHouse; with `CLICKHOUSE_CLUSTER` where it is one. */
export function clickHouseSettings(): Readonly<Record<string, string>> {
  return {
    CLICKHOUSE_URL: process.env['TEST_CLICKHOUSE_URL'] ?? '',
    CLICKHOUSE_USER: process.env['TEST_CLICKHOUSE_USER'] ?? '',
    CLICKHOUSE_PASSWORD: process.env['TEST_CLICKHOUSE_PASSWORD'] ?? '',
    CLICKHOUSE_CLUSTER: process.env['TEST_CLICKHOUSE_CLUSTER'] ?? '',
  };
}

/** Starts a Spoor on the run's ClickHouse, in a database that nobody else uses unless named. */
export async function startSpoor(
  settings: Readonly<Record<string, string>> = {},
  options: Partial<StartOptions> = {},
): Promise<TestSpoor> {
  const folder = mkdtempSync(join(tmpdir(), 'spoor-data-'));
  const config = readConfig({
    PORT: '0',
    SPOOR_DATA_DIR: folder,
    ...clickHouseSettings(),
    CLICKHOUSE_DATABASE: `test_${randomBytes(6).toString('hex')}`,
    SPOOR_ADMIN_KEY: ADMIN_KEY,
    SPOOR_VISITOR_SECRET: 'a secret of the tests',
    SPOOR_RATE_LIMITS: 'off',
    LOG_LEVEL: 'silent',
    ...settings,
  });
  const running = await start(config, {
    log: createLog(config.logLevel),
    waitForDataDirMs: 0,
    isServer: true,
    ...options,
  });
  const server = config.clickhouse;
  if (server === undefined) throw new Error('Tests run on a ClickHouse that is already there.');
  const node = config.cluster === undefined ? {} : nodeSettings(config.cluster.name, 1);
  const database = new Database(server, config.database, () => {}, {}, node);
  const clickTables = clickTablesOf(config, server, database);
  const send = (method: string, path: string, options: SendOptions = {}) =>
    request(running.url, method, path, options);
  return {
    url: running.url,
    running,
    database,
    clickTables,
    onClickTables: async (statement) => {
      for (const { database, table } of clickTables) await database.commandText(statement(table));
    },
    sharding: config.cluster && { cluster: config.cluster.name, database: config.database },
    send,
    createKey: async (ownerId, scopes = ['stats:read', 'urls:read', 'urls:write', 'clicks:write']) => {
      const created = await send('POST', '/api/v1/keys', {
        json: { owner_id: ownerId, name: 'test', scopes },
      });
      if (created.status !== 201) throw new Error(`No key: ${created.text}`);
      return created.json.key;
    },
    stop: async () => {
      await running.stop();
      for (const clicks of clickTables) {
        await clicks.database.commandText(`DROP DATABASE IF EXISTS ${config.database} SYNC`);
      }
      for (const one of [database, ...clickTables.map((clicks) => clicks.database)]) await one.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function clickTablesOf(
  { cluster, database: name }: Config,
  server: ClickHouseServer,
  database: Database,
): readonly ClickTable[] {
  if (cluster === undefined) return [{ database, table: 'clicks', isReplicated: false }];
  const named = cluster.urls.length > 1 ? cluster.urls : process.env['TEST_CLICKHOUSE_NODES']?.split(',');
  return (named ?? cluster.urls).map((url) => ({
    database: new Database({ ...server, url }, name),
    table: 'clicks_local',
    isReplicated: false,
  }));
}

async function request(
  url: string,
  method: string,
  path: string,
  options: SendOptions,
): Promise<TestResponse> {
  const target = new URL(url + path);
  for (const [name, value] of Object.entries(options.query ?? {})) {
    for (const one of [value].flat()) target.searchParams.append(name, one);
  }
  const key = options.key === undefined ? ADMIN_KEY : options.key;
  const body =
    options.json !== undefined
      ? JSON.stringify(options.json)
      : (options.ndjson?.map((row) => `${JSON.stringify(row)}\n`).join('') ?? options.body);
  const type = options.json !== undefined ? 'application/json' : 'application/x-ndjson';
  const response = await fetch(target, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': type }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const answered = response.headers.get('content-type');
  documentJudge.check({ method, path, json: options.json, status: response.status, type: answered, text });
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
