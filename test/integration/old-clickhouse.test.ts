import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePorts } from '../support/cluster.ts';
import { endProcesses, newFolder, runSpoor, takesConnections, waitUntil } from '../support/process.ts';

let engine: ChildProcess;
let settings: Readonly<Record<string, string>>;

/** ClickHouse 18.16 of 2018, which Debian packages: it knows neither Spoor's settings nor the formats it asks for. */
beforeAll(async () => {
  const folder = newFolder();
  const [http = 0, tcp = 0] = await freePorts(2);
  const users = join(folder, 'users.xml');
  const config = join(folder, 'config.xml');
  writeFileSync(
    users,
    `<yandex><profiles><default/></profiles><quotas><default/></quotas><users><default>
      <password>right</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
    </default></users></yandex>`,
  );
  writeFileSync(
    config,
    `<yandex><logger><level>none</level></logger><http_port>${http}</http_port><tcp_port>${tcp}</tcp_port>
      <listen_host>127.0.0.1</listen_host><path>${folder}/data/</path><tmp_path>${folder}/tmp/</tmp_path>
      <mark_cache_size>1000000</mark_cache_size><users_config>${users}</users_config>
      <default_profile>default</default_profile><default_database>default</default_database></yandex>`,
  );
  engine = spawn('/usr/sbin/clickhouse-server', [`--config-file=${config}`], { stdio: 'ignore' });
  await waitUntil('the old ClickHouse', () => takesConnections(http));
  settings = {
    CLICKHOUSE_URL: `http://127.0.0.1:${http}`,
    CLICKHOUSE_PASSWORD: 'right',
    SPOOR_VISITOR_SECRET: 'a secret of thirty-two characters',
    SPOOR_DATA_DIR: join(folder, 'spoor'),
  };
});
afterAll(async () => {
  const exited = once(engine, 'exit');
  engine.kill('SIGKILL');
  await exited;
  await endProcesses();
});

test.each(['serve', 'migrate', 'stats'])(
  '%s refuses a ClickHouse that is too old, in one line',
  async (command) => {
    const { code, stdout, stderr } = await runSpoor([command], settings);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      `spoor: CLICKHOUSE_URL: the ClickHouse at ${settings['CLICKHOUSE_URL']} is version 18.16.1; the oldest served is 26.7.\n`,
    );
  },
);

test('so does a start with a cluster', async () => {
  const { code, stderr } = await runSpoor(['serve'], { ...settings, CLICKHOUSE_CLUSTER: 'clicks' });
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('is version 18.16.1; the oldest served is 26.7.'),
  ]);
});
