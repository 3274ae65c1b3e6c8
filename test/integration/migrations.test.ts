import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Database } from '../../src/clickhouse/database.ts';
import { EmbeddedClickHouse } from '../../src/clickhouse/embedded.ts';
import { lockTable } from '../../src/clickhouse/table-lock.ts';
import { migrate, readMigrations } from '../../src/clickhouse/migrations.ts';
import { sql } from '../../src/sql/sql.ts';
import { runCommand, runCommands } from '../support/commands.ts';
import { endProcesses, newFolder, processesNaming, stopSharing, waitUntil } from '../support/process.ts';
import { clickHouseSettings, startSpoor } from '../support/spoor.ts';

const server = {
  url: process.env['TEST_CLICKHOUSE_URL'] ?? '',
  user: process.env['TEST_CLICKHOUSE_USER'] ?? '',
  password: process.env['TEST_CLICKHOUSE_PASSWORD'] ?? '',
};

/** Runs `work` on the database of a data directory that no process has. */
async function onEngine(dataDir: string, work: (database: Database) => Promise<void>): Promise<void> {
  const engine = await EmbeddedClickHouse.start(dataDir);
  const database = new Database(engine.server, 'default');
  try {
    await work(database);
  } finally {
    await database.close();
    await engine.stop();
  }
}

afterEach(endProcesses);

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

  /** The connection of one of several processes. */
  const database = (index: number): Database => {
    const found = databases[index];
    if (found === undefined) throw new Error('There is no such database.');
    return found;
  };
  const first = (): Database => database(0);
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

  test('clicks and URLs from before imports, details and arrival were kept have the same answers, and belong to none', async () => {
    const old = readMigrations().filter(({ name: file }) => file < '003');
    await migrate(first(), bare, old);
    const click = ['me', 'old', 1_767_225_600_000, 1, false];
    const other = ['me', 'old', 1_735_689_600_000, 1, true];
    await first().insert(
      'clicks',
      ['owner_id', 'short_code', 'clicked_at', 'visitor', 'is_bot'],
      [JSON.stringify(click), JSON.stringify(other)],
    );
    const url = ['old', 'me', 1_767_225_600_000, true, null, false, 1];
    // As the first release left it, which kept no erasures.
    const deleted = ['deleted', 'me', 1_767_225_600_000, true, null, true, 1_767_312_000_000_000];
    const columns = [
      'short_code',
      'owner_id',
      'created_at',
      'private_stats',
      'long_url',
      'is_deleted',
      'version',
    ];
    await first().insert('urls', columns, [JSON.stringify(url), JSON.stringify(deleted)]);
    const before = Date.now();
    const spoor = await startSpoor({ CLICKHOUSE_DATABASE: name });
    const total = async () => {
      const query = { owner_id: 'me', start_date: '2026-01-01' };
      return (await spoor.send('GET', '/api/v1/stats', { query })).json.summary.total_clicks;
    };
    expect(await total()).toBe(1);
    const details = await first().rows(
      sql`SELECT bot, device, region, utm_source, properties FROM clicks ORDER BY clicked_at`,
    );
    expect(details).toEqual([
      ['Unknown', 'Unknown', 'Unknown', '(none)', {}],
      ['(none)', 'Unknown', 'Unknown', '(none)', {}],
    ]);
    const times = sql`SELECT compression_codec FROM system.columns WHERE database = currentDatabase() AND table = 'clicks' AND name = 'clicked_at'`;
    expect(await first().rows(times)).toEqual([['CODEC(T64, ZSTD(1))']]);
    const arrivals = await first().rows<[number]>(
      sql`SELECT toUnixTimestamp64Milli(ingested_at) FROM clicks SETTINGS apply_mutations_on_fly = 1`,
    );
    expect(new Set(arrivals.flat()).size).toBe(1);
    expect(arrivals[0]?.[0]).toBeGreaterThanOrEqual(before);
    expect((await spoor.send('GET', '/api/v1/imports')).json.items).toEqual([]);
    const sent = { query: { owner: 'me' }, ndjson: [{ short_code: 'old', clicked_at: '2026-01-02' }] };
    const { id } = (await spoor.send('POST', '/api/v1/imports', sent)).json;
    expect(await total()).toBe(2);
    await first().commandText("ALTER TABLE urls DELETE WHERE short_code = 'deleted'", {
      mutations_sync: '2',
    });
    const log = { query: { owner: 'me' }, ndjson: [{ short_code: 'deleted', clicked_at: '2026-01-01' }] };
    const brought = await spoor.send('POST', '/api/v1/imports', log);
    expect(brought.json).toMatchObject({ erased: 1, accepted: 0 });
    const [[later] = [0]] = await first().rows<[number]>(
      sql`SELECT toUnixTimestamp64Milli(max(ingested_at)) FROM clicks WHERE import_id != 0`,
    );
    expect(later).toBeGreaterThan(arrivals[0]?.[0] ?? Infinity);
    const undone = await spoor.send('DELETE', `/api/v1/imports/${id}`);
    expect(undone.json).toEqual({ removed_clicks: 1, removed_urls: 0 });
    expect(await total()).toBe(1);
    expect((await spoor.send('GET', '/api/v1/urls/old')).json).toMatchObject({ owner_id: 'me', tags: [] });
    await spoor.stop();
  });

  test('an import that an earlier release was killed in is not taken for one that runs', async () => {
    await migrate(
      first(),
      bare,
      readMigrations().filter(({ name: file }) => file < '011'),
    );
    const columns = ['id', 'owner_id', 'options', 'state', 'report', 'started_at', 'version'];
    const at = Date.now() - 120_000;
    const row = ['1', 'me', '{}', 'running', '{}', at, at * 1_000];
    await first().insert('imports', columns, [JSON.stringify(row)]);
    const spoor = await startSpoor({ CLICKHOUSE_DATABASE: name });
    await waitUntil('the failed import', async () => {
      const { items } = (await spoor.send('GET', '/api/v1/imports')).json;
      return items[0].state === 'failed';
    });
    await spoor.stop();
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

  test('a database that knows a migration which this release lacks is of a newer one: nothing is changed', async () => {
    await migrate(first(), bare, sample);
    await first().insert('migrations', ['name'], ['["900_later.sql"]', '["900_later.sql"]']);
    const before = [await recorded(), await tables()];
    const more = [...sample, { name: '003_c.sql', statements: ['CREATE TABLE c (x Int8) ENGINE = Memory'] }];
    for (const known of [sample, more]) {
      await expect(migrate(first(), bare, known)).rejects.toThrow(
        /is of a newer version .* no 900_later\.sql:/,
      );
    }
    expect([await recorded(), await tables()]).toEqual(before);
  });

  test('a server, and every command that opens its database, refuses data of a newer release', async () => {
    await migrate(first(), bare);
    await first().insert('migrations', ['name'], ['["900_later.sql"]']);
    const folder = newFolder();
    const settings = {
      ...clickHouseSettings(),
      CLICKHOUSE_CLUSTER: '',
      CLICKHOUSE_DATABASE: name,
      SPOOR_VISITOR_SECRET: 'a secret of the tests',
      SPOOR_DATA_DIR: join(folder, 'data'),
    };
    const commands = [['serve'], ['demo'], ['migrate'], ['stats'], ['seed', '--clicks', '10']];
    const results = await runCommands(commands.map((command) => [command, settings]));
    for (const { code, stdout, stderr } of results) {
      expect([code, stdout, stderr]).toEqual([
        1,
        '',
        expect.stringMatching(/^spoor: [^\n]+ newer [^\n]+\n$/),
      ]);
    }
    expect(existsSync(join(folder, 'data', 'control.json'))).toBe(false);
  });

  test('the embedded ClickHouse’s data of a newer release are refused by every command too', async () => {
    const settings = { SPOOR_DATA_DIR: join(newFolder(), 'data') };
    expect((await runCommand(['migrate'], settings)).code).toBe(0);
    await onEngine(settings.SPOOR_DATA_DIR, (database) =>
      database.insert('spoor.migrations', ['name'], ['["900_later.sql"]']),
    );
    const file = join(settings.SPOOR_DATA_DIR, '..', 'a-file');
    writeFileSync(file, '{"short_code":"a"}\n');
    for (const command of [
      ['serve'],
      ['demo'],
      ['migrate'],
      ['stats'],
      ['import', file, '--format', 'ndjson'],
      ['urls', 'list'],
      ['backup', join(settings.SPOOR_DATA_DIR, '..', 'backup.tar')],
      ['restore', file],
    ]) {
      const { code, stdout, stderr } = await runCommand(command, settings);
      // On a busy machine the engine's start takes so long that a command says so before.
      const error = stderr.replace('Waiting for the embedded ClickHouse to start …\n', '');
      expect([command, code, stdout, error]).toEqual([
        command,
        1,
        '',
        expect.stringMatching(/^spoor: [^\n]+ newer [^\n]+\n$/),
      ]);
    }
    expect(processesNaming(settings.SPOOR_DATA_DIR)).toEqual([]);
  }, 120_000);

  test('who waits for a lock has it before the one that had it takes it again', async () => {
    await bare.commandText(`CREATE DATABASE ${name}`);
    const options = { table: 'turns', holder: 'another process' };
    const turns: string[] = [];
    const takeTurns = async (who: string, place: number): Promise<void> => {
      for (let turn = 0; turn < 3; turn++) {
        const lock = await lockTable(database(place), options);
        turns.push(who);
        // Both wait for it by now, but for the last one.
        const isAsked = async () =>
          (await database(place).rows(sql`SELECT 1 FROM turns WHERE NOT is_held`)).length > 0;
        await waitUntil('the other to ask for it', async () => turns.length === 6 || (await isAsked()));
        await lock.release();
      }
    };
    await Promise.all([takeTurns('one', 0), takeTurns('other', 1)]);
    expect(turns.every((who, place) => place === 0 || who !== turns[place - 1])).toBe(true);
  });

  test('the lock of a process that died is broken, one whose holder lives is not, and who waits says so', async () => {
    await bare.commandText(`CREATE DATABASE ${name}`);
    const options = { table: 'migration_lock', holder: 'another process that migrates the database' };
    const lock = await lockTable(first(), options);
    const other = `${name}_other`;
    const left = new Database(server, other);
    try {
      await bare.commandText(`CREATE DATABASE ${other}`);
      await bare.commandText(`CREATE TABLE ${other}.migration_lock (is_held Bool) ENGINE = Memory`);
      const said = new Set<string>();
      let isUnlocked = false;
      const waiting = lockTable(database(1), { ...options, onWait: (what) => said.add(what) });
      const whileHeld = waiting.then(() => isUnlocked);
      // This takes as long as a lock may look dead.
      expect(await migrate(left, bare, sample)).toEqual(['001_a.sql', '002_b.sql']);
      expect([...said]).toEqual(['another process that migrates the database']);
      isUnlocked = true;
      await lock.release();
      expect(await whileHeld).toBe(true);
      await (await waiting).release();
      expect(await tables()).toEqual([]);
    } finally {
      await bare.commandText(`DROP DATABASE IF EXISTS ${other} SYNC`);
      await left.close();
    }
  });

  test('a lock that a killed start has left in the embedded ClickHouse is not waited for', async () => {
    const settings = { SPOOR_DATA_DIR: join(newFolder(), 'data') };
    await onEngine(settings.SPOOR_DATA_DIR, async (database) => {
      await database.commandText('CREATE DATABASE spoor');
      await database.commandText('CREATE TABLE spoor.migration_lock (is_held Bool) ENGINE = Memory');
    });
    const { code, stderr } = await runCommand(['migrate'], settings);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('another process')]);
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
