import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Database } from '../../src/clickhouse/database.ts';
import { EmbeddedClickHouse } from '../../src/clickhouse/embedded.ts';
import { WORKLOADS } from '../../src/clickhouse/workloads.ts';
import { openWorkloads } from '../../src/clickhouse/open-workloads.ts';
import { processesNaming } from '../support/process.ts';

const MERGE_TREE = 'ENGINE = MergeTree ORDER BY tuple()';

let folder: string;
let engine: EmbeddedClickHouse;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spoor-grants-'));
  engine = await EmbeddedClickHouse.start(folder);
  writeFileSync(join(folder, 'a-file'), 'hidden\n');
  mkdirSync(join(folder, 'backups'), { recursive: true });
  for (const statement of ['CREATE DATABASE shop', `CREATE TABLE shop.a (x String) ${MERGE_TREE}`])
    expect(await say(statement)).toBe('');
});
afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What the service itself is answered: nothing for a statement that is carried out. */
async function say(statement: string): Promise<string> {
  const { url, user, password } = engine.server;
  const response = await fetch(`${url}/?wait_end_of_query=1`, {
    method: 'POST',
    body: statement,
    headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
  });
  return response.text();
}

describe('the service’s own user of the embedded engine', () => {
  const NOWHERE = '127.0.0.1:9';
  test.each([
    ["SELECT * FROM file('FOLDER/a-file', 'LineAsString')"],
    ["INSERT INTO FUNCTION file('FOLDER/mine', 'LineAsString') VALUES ('x')"],
    ["SELECT * FROM filesystem('FOLDER')"],
    ["SELECT * FROM icebergLocal('FOLDER')"],
    ["SELECT * FROM deltaLakeLocal('FOLDER')"],
    ["SELECT * FROM sqlite('FOLDER/a-file', 't')"],
    [`SELECT * FROM url('http://${NOWHERE}/', 'LineAsString')`],
    [`SELECT * FROM remote('${NOWHERE}', 'system', 'one')`],
    [`SELECT * FROM s3('http://${NOWHERE}/bucket/c', 'LineAsString')`],
    [`SELECT * FROM mysql('${NOWHERE}', 'd', 't', 'u', 'p')`],
    [`SELECT * FROM postgresql('${NOWHERE}', 'd', 't', 'u', 'p')`],
    [`SELECT * FROM mongodb('${NOWHERE}', 'd', 't', 'u', 'p', 'a String')`],
    [`SELECT * FROM redis('${NOWHERE}', 'k', 'k String, v String')`],
    [`SELECT * FROM hdfs('hdfs://${NOWHERE}/x', 'TSV', 'a String')`],
    [`SELECT * FROM azureBlobStorage('http://${NOWHERE}/', 'c', 'b')`],
    ["SELECT * FROM odbc('DSN=x', 'a', 'b')"],
    ["CREATE TABLE shop.f (a String) ENGINE = File(LineAsString, 'FOLDER/a-file')"],
    [`CREATE TABLE shop.f (a String) ENGINE = URL('http://${NOWHERE}/', 'LineAsString')`],
    [`CREATE TABLE shop.f (a String) ENGINE = S3('http://${NOWHERE}/bucket/c', 'LineAsString')`],
    ["CREATE TABLE shop.f (a String) ENGINE = Executable('x.sh', 'TSV')"],
    ["ATTACH TABLE shop.f FROM 'FOLDER' (a String) ENGINE = File(LineAsString)"],
    ["CREATE DATABASE files ENGINE = Filesystem('FOLDER')"],
    [`CREATE DATABASE other ENGINE = MySQL('${NOWHERE}', 'd', 'u', 'p')`],
    [
      `CREATE DICTIONARY shop.d (k UInt64) PRIMARY KEY k SOURCE(HTTP(URL 'http://${NOWHERE}/' FORMAT 'TSV')) LAYOUT(FLAT()) LIFETIME(0)`,
    ],
    ['CREATE USER mine'],
    ['GRANT ALL ON *.* TO default'],
    ['CREATE FUNCTION mine AS (x) -> x'],
    ['CREATE NAMED COLLECTION mine AS a = 1'],
    ['SYSTEM SHUTDOWN'],
    ['SYSTEM STOP LISTEN HTTP'],
  ])('may not say: %s', async (statement) => {
    expect(await say(statement.replaceAll('FOLDER', folder))).toMatch(/Not enough privileges|ACCESS_DENIED/);
  });

  test.each([
    [
      `disk(type = s3, endpoint = 'http://${NOWHERE}/bucket/c/', access_key_id = 'a', secret_access_key = 'b')`,
    ],
    [`disk(type = web, endpoint = 'http://${NOWHERE}/')`],
  ])('may make no table on a disk of its own: %s', async (disk) => {
    const statement = `CREATE TABLE shop.g (a String) ${MERGE_TREE} SETTINGS disk = ${disk}`;
    expect(await say(statement.replaceAll('FOLDER', folder))).toContain('SETTING_CONSTRAINT_VIOLATION');
  });

  test.each([
    ["BACKUP DATABASE shop TO File('FOLDER/elsewhere.tar')", 'is not allowed for backups'],
    ["BACKUP DATABASE shop TO File('../elsewhere.tar')", 'is not allowed for backups'],
    ["BACKUP DATABASE shop TO Disk('default', 'x')", 'backups.allowed_disk'],
    [
      `CREATE TABLE shop.g (a String) ${MERGE_TREE} SETTINGS disk = disk(type = local, path = 'FOLDER/disk/')`,
      'custom_local_disks_base_directory',
    ],
    ["SELECT * FROM executable('x.sh', 'TSV', 'a String')", 'does not exist inside user scripts folder'],
  ])('is stopped by the configuration: %s', async (statement, reason) => {
    expect(await say(statement.replaceAll('FOLDER', folder))).toContain(reason);
  });

  test('may make the classes of queries, which a start that may not goes on without', async () => {
    const server = new Database(engine.server, 'default');
    try {
      const limits = { cheapQueries: 4, expensiveQueries: 2, exports: 2 };
      for (const start of ['first', 'next']) {
        const classes = await openWorkloads(server, { memory: 0, limits, isEmbedded: true });
        expect([start, classes]).toEqual([
          start,
          Object.fromEntries(Object.keys(WORKLOADS).map((name) => [name, { workload: `spoor_${name}` }])),
        ]);
      }
    } finally {
      await server.close();
    }
  });

  test('its password is not on the engine’s command line, and in an environment that only its owner reads', () => {
    const [pid = 0] = processesNaming(folder);
    const { password } = engine.server;
    const header = Buffer.from(`spoor:${password}`).toString('base64');
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    for (const secret of [password, header]) expect(commandLine).not.toContain(secret);
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain(password);
    expect(statSync(`/proc/${pid}/environ`).mode & 0o777).toBe(0o400);
  });
});
