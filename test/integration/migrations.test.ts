import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Database } from '../../src/clickhouse/database.ts';
import { migrate, readMigrations } from '../../src/clickhouse/migrations.ts';
import { sql } from '../../src/sql/sql.ts';
import { stopSharing } from '../support/process.ts';
import { startSpoor } from '../support/spoor.ts';

const server = {
  url: process.env['TEST_CLICKHOUSE_URL'] ?? '',
  user: process.env['TEST_CLICKHOUSE_USER'] ?? '',
  password: process.env['TEST_CLICKHOUSE_PASSWORD'] ?? '',
};

describe('migrations', () => {
  const bare = new Database(server, 'default');
  let databases: readonly Database[];
  let name: string;
  beforeEach(() => {
    name = `test_${randomBytes(6).toString('hex')}`;
    databases = Array.from({ length: 4 }, () => new Database(server, name));
  });
  afterEach(async () => {
    await bare.commandText(`DROP DATABASE IF EXISTS ${name} SYNC`);
    await Promise.all(databases.map((database) => database.close()));
  });
  afterAll(() => bare.close());

  const first = (): Database => {
    const [database] = databases;
    if (database === undefined) throw new Error('There is no database.');
    return database;
  };
  const recorded = () =>
    first().rows<[string, number]>(sql`SELECT name, count() FROM migrations GROUP BY name ORDER BY name`);
  const tables = async () =>
    (
      await first().rows<[string]>(sql`
        SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name`)
    ).map(([table]) => table);

  const sample = [
    { name: '001_a.sql', statements: ['CREATE TABLE a (x Int8) ENGINE = Memory'] },
    {
      name: '002_b.sql',
      statements: ['CREATE TABLE b (x Int8) ENGINE = Memory', 'INSERT INTO b VALUES (1)'],
    },
  ];

  test('are applied in order, each recorded once; a second run applies nothing', async () => {
    const names = readMigrations().map((migration) => migration.name);
    expect(names.length).toBeGreaterThan(0);
    expect(await migrate(first(), bare)).toEqual(names);
    expect(await recorded()).toEqual(names.map((migration) => [migration, 1]));
    expect(await migrate(first(), bare)).toEqual([]);
    expect(await recorded()).toEqual(names.map((migration) => [migration, 1]));
    expect(await tables()).toEqual(expect.arrayContaining(['api_keys', 'clicks', 'migrations', 'urls']));
  });

  test('only the new ones are applied to a database that has the others', async () => {
    expect(await migrate(first(), bare, sample.slice(0, 1))).toEqual(['001_a.sql']);
    expect(await migrate(first(), bare, sample)).toEqual(['002_b.sql']);
    expect(await recorded()).toEqual([
      ['001_a.sql', 1],
      ['002_b.sql', 1],
    ]);
  });

  test('instances that start at once on a new database all succeed; each migration runs once', async () => {
    const applied = await Promise.all(databases.map((database) => migrate(database, bare, sample)));
    expect(applied.flat().toSorted()).toEqual(['001_a.sql', '002_b.sql']);
    expect(await recorded()).toEqual([
      ['001_a.sql', 1],
      ['002_b.sql', 1],
    ]);
    expect(await first().rows(sql`SELECT x FROM b`)).toEqual([[1]]);
    expect(await tables()).toEqual(['a', 'b', 'migrations']);
  });

  test('two servers that start at once on a new database both serve', async () => {
    const spoors = await Promise.all([
      startSpoor({ CLICKHOUSE_DATABASE: name }),
      startSpoor({ CLICKHOUSE_DATABASE: name }),
    ]);
    try {
      expect((await recorded()).map(([, count]) => count)).toEqual(readMigrations().map(() => 1));
      for (const spoor of spoors) expect((await spoor.send('GET', '/ready')).status).toBe(200);
    } finally {
      await stopSharing(spoors);
    }
  });

  test('one that fails is not recorded, and the next run goes on with it', async () => {
    const broken = sample.map((migration) =>
      migration.name === '002_b.sql' ? { ...migration, statements: ['CREATE NONSENSE'] } : migration,
    );
    await expect(migrate(first(), bare, broken)).rejects.toThrow();
    expect(await recorded()).toEqual([['001_a.sql', 1]]);
    expect(await migrate(first(), bare, sample)).toEqual(['002_b.sql']);
  });
});

describe('migration files', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'spoor-migrations-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('are read by number; statements end with a semicolon at the end of a line, comments are dropped', () => {
    writeFileSync(join(folder, '010_second.sql'), 'SELECT 3');
    writeFileSync(
      join(folder, '002_first.sql'),
      "-- A note; with a semicolon.\nSELECT ';' AS x;\n\n-- Another\nSELECT 2\nFROM t;\n",
    );
    writeFileSync(join(folder, 'embedded.xml'), '<clickhouse/>');
    expect(readMigrations(folder)).toEqual([
      { name: '002_first.sql', statements: ["SELECT ';' AS x", 'SELECT 2\nFROM t'] },
      { name: '010_second.sql', statements: ['SELECT 3'] },
    ]);
  });
});
