import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedClickHouse } from '../../src/clickhouse/embedded.ts';
import type { ClickHouseServer } from '../../src/config.ts';
import { startCluster } from './cluster.ts';
import freshBuild from './fresh-build.ts';
import { shared } from './shared-clickhouse.ts';

/** The server that Spoor is released with; docker-compose.yml names the same. */
const IMAGE = 'clickhouse/clickhouse-server:26.7';

/**
 * One ClickHouse for the whole run; each test file has a database of its own in it. `TEST_CLICKHOUSE` says which:
 * `embedded` (the default), `container`, `cluster` (two embedded ones), or the URL of a server, with user and password.
 */
export default async function startClickHouse(): Promise<void> {
  freshBuild();
  const { url, user, password } = await serverOf(process.env['TEST_CLICKHOUSE'] ?? 'embedded');
  process.env['TEST_CLICKHOUSE_URL'] = url;
  process.env['TEST_CLICKHOUSE_USER'] = user;
  process.env['TEST_CLICKHOUSE_PASSWORD'] = password;
}

async function serverOf(wanted: string): Promise<ClickHouseServer> {
  if (wanted === 'embedded') {
    shared.folder = mkdtempSync(join(tmpdir(), 'spoor-test-'));
    const engine = await EmbeddedClickHouse.start(shared.folder);
    shared.stop = () => engine.stop();
    return engine.server;
  }
  if (wanted === 'cluster') {
    const cluster = await startCluster();
    shared.stop = () => cluster.stop();
    const [first] = cluster.nodes;
    if (first === undefined) throw new Error('The cluster has no nodes.');
    process.env['TEST_CLICKHOUSE_NODES'] = cluster.settings['CLICKHOUSE_URL'];
    process.env['TEST_CLICKHOUSE_CLUSTER'] = cluster.settings['CLICKHOUSE_CLUSTER'];
    return first.server;
  }
  if (wanted === 'container') {
    const { ClickHouseContainer } = await import('@testcontainers/clickhouse');
    const container = await new ClickHouseContainer(IMAGE).start();
    shared.stop = async () => void (await container.stop());
    return {
      url: container.getHttpUrl(),
      user: container.getUsername(),
      password: container.getPassword(),
    };
  }
  if (!URL.canParse(wanted))
    throw new Error('TEST_CLICKHOUSE must be embedded, cluster, container or a URL.');
  const url = new URL(wanted);
  const { username, password } = url;
  url.username = url.password = '';
  return {
    url: url.href,
    user: decodeURIComponent(username) || 'default',
    password: decodeURIComponent(password),
  };
}
