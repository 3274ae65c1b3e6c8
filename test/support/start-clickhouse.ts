import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedClickHouse } from '../../src/clickhouse/embedded.ts';
import { shared } from './shared-clickhouse.ts';

/** One embedded ClickHouse for the whole run; each test file has a database of its own in it. */
export default async function startClickHouse(): Promise<void> {
  shared.folder = mkdtempSync(join(tmpdir(), 'spoor-test-'));
  shared.engine = await EmbeddedClickHouse.start(shared.folder);
  const { url, user, password } = shared.engine.server;
  process.env['TEST_CLICKHOUSE_URL'] = url;
  process.env['TEST_CLICKHOUSE_USER'] = user;
  process.env['TEST_CLICKHOUSE_PASSWORD'] = password;
}
