import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ClickHouseSettings } from '@clickhouse/client';
import { Database } from '../../src/clickhouse/database.ts';
import { EmbeddedClickHouse } from '../../src/clickhouse/embedded.ts';
import { sql } from '../../src/sql/sql.ts';
import { waitUntil } from '../support/process.ts';

const UNAVAILABLE = { code: 'unavailable', status: 503, retryAfter: expect.any(Number) };

// An engine of its own: a limit of a user ends the queries of everybody who uses the same one.
let dataDir: string;
let engine: EmbeddedClickHouse;
const opened: Database[] = [];
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'spoor-user-limits-'));
  engine = await EmbeddedClickHouse.start(dataDir);
});
afterAll(async () => {
  await Promise.all(opened.map((database) => database.close()));
  await engine.stop(0);
  rmSync(dataDir, { recursive: true, force: true });
});

function open(settings: ClickHouseSettings = {}): Database {
  const database = new Database(engine.server, 'default', () => {}, { lookups: settings });
  opened.push(database);
  return database;
}

test('a query over the memory of its user is 503', async () => {
  const query = sql`SELECT uniqExact(number) FROM numbers(10000000)`;
  const refused = open({ max_memory_usage_for_user: '10000000' }).rows(query);
  await expect(refused).rejects.toMatchObject(UNAVAILABLE);
});

test('a query over the number of queries of its user is 503', async () => {
  const leaving = new AbortController();
  const long = open().rows(sql`SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(number)`, {
    signal: leaving.signal,
  });
  long.catch(() => {});
  const strict = open({ max_concurrent_queries_for_user: '1' });
  const refused = await waitUntil('a refusal', () =>
    strict.rows(sql`SELECT 1`).then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  expect(refused).toMatchObject(UNAVAILABLE);
  leaving.abort();
  await expect(long).rejects.toThrow();
});
