import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ClickHouseSettings, createClient } from '@clickhouse/client';
import { CLICK_COLUMN_NAMES } from '../../src/click-rows/columns.ts';
import { Database } from '../../src/clickhouse/database.ts';
import { namesOf } from '../../src/lib/names.ts';
import { param, sql } from '../../src/sql/sql.ts';
import { viewColumns, viewQuery } from '../../src/sql-users/clicks-view.ts';
import { DRIVER_SETTINGS, driverSettingOf } from '../../src/sql-users/driver-settings.ts';
import { exposureOf } from '../../src/sql-users/exposure.ts';
import { creationsOf, removalOf } from '../../src/sql-users/statements.ts';
import { SqlUsers } from '../../src/sql-users/sql-users.ts';
import { userSettings } from '../../src/sql-users/user-settings.ts';
import { CLUSTER, type TestCluster, startCluster } from '../support/cluster.ts';
import { runCommands } from '../support/commands.ts';
import { expanded, isInfinity, readDashboard, targetsOf } from '../support/grafana.ts';
import { waitUntil } from '../support/process.ts';
import { usersXml } from '../support/sql-account.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const DATABASE = 'shop';
const OWNER = 'me';
const ACCOUNT = `${DATABASE}_sql_${OWNER}`;
const PASSWORD = 'a password';
const SETTINGS = userSettings({}, 4);
const VIEW = { ownerId: OWNER, hasVisitors: true, retentionDays: undefined };
const CREATIONS = creationsOf(DATABASE, {
  account: ACCOUNT,
  passwordSha256: '0'.repeat(64),
  view: VIEW,
  settings: SETTINGS,
  comment: '{}',
});

/** In every text of the other owners' clicks, who come before and after the owner in the sorting key. */
const HIDDEN = 'unseen9';
const OTHERS = [`a-${HIDDEN}`, `z-${HIDDEN}`] as const;

const OTHER_USERS = ['reads_all', 'reads_logs', 'manager'] as const;

/** What docs/bi.md says that Spoor's own user needs, for a database of that name. */
const RIGHTS = [...readFileSync('docs/bi.md', 'utf8').matchAll(/^GRANT (.+) TO spoor\b(.*);$/gm)].map(
  ([, right = '', option = '']) => `GRANT ${right.replaceAll('spoor_sql_', `${DATABASE}_sql_`)}${option}`,
);

let cluster: TestCluster;
let spoor: TestSpoor;
let key: string;
let url: string;

beforeAll(async () => {
  const wide = { password: PASSWORD, settings: [] };
  cluster = await startCluster({
    shards: 1,
    hasQueryLog: true,
    users: usersXml([
      {
        name: ACCOUNT,
        password: PASSWORD,
        settings: SETTINGS,
        grants: [`GRANT SELECT ON ${ACCOUNT}.clicks`],
      },
      { ...wide, name: 'reads_all', grants: ['GRANT SELECT ON shop.*', 'GRANT SELECT ON reads_all.*'] },
      {
        ...wide,
        name: 'reads_logs',
        grants: ['GRANT SELECT ON system.*', 'GRANT SELECT ON reads_logs.*'],
      },
      { ...wide, name: 'manager', grants: [...RIGHTS, `GRANT SELECT ON ${DATABASE}.*`] },
    ]),
  });
  spoor = await startSpoor({
    ...cluster.settings,
    CLICKHOUSE_CLUSTER: '',
    CLICKHOUSE_DATABASE: DATABASE,
    SPOOR_CACHE_MB: '0',
  });
  url = cluster.nodes[0]?.server.url ?? '';
  key = await spoor.createKey(OWNER);
  await send(key, 'mine');
  for (const other of OTHERS) await send(await spoor.createKey(other), other);
  // Into one granule, of which ClickHouse reads all where it reads any.
  await spoor.database.commandText('OPTIMIZE TABLE clicks FINAL');
  for (const { statement } of CREATIONS.slice(0, 2)) await spoor.database.commandText(statement);
  for (const account of OTHER_USERS) {
    await spoor.database.commandText(`CREATE DATABASE ${account}`);
    await spoor.database.commandText(`CREATE VIEW ${account}.clicks AS SELECT 1`);
  }
});
afterAll(async () => {
  await spoor.stop();
  await cluster.stop();
});

/** Clicks that differ in every text by whose they are. */
async function send(ownKey: string, whose: string): Promise<void> {
  const clicks = Array.from({ length: 60 }, (_, index) => ({
    short_code: `${whose}-${index % 3}`,
    clicked_at: new Date(Date.UTC(2026, 0, 1 + (index % 40), index % 24)).toISOString(),
    visitor_id: `visitor ${index % 17}`,
    user_agent: index % 5 === 0 ? 'Googlebot/2.1' : 'Mozilla/5.0 (X11; Linux x86_64) Firefox/121.0',
    country: ['DE', 'FR', 'JP'][index % 3],
    city: `${whose} ${index % 4}`,
    referrer: index % 2 === 0 ? `https://${whose}.example/${index % 5}` : '',
    click_id: `${whose} ${index}`,
    utm_source: whose,
    properties: { plan: whose },
    ...(index % 3 === 0 ? { redirect_ms: index } : {}),
  }));
  const { status } = await spoor.send('POST', '/api/v1/clicks', { key: ownKey, ndjson: clicks });
  expect(status).toBe(200);
}

interface Asked {
  readonly ok: boolean;
  readonly text: string;
}

/** What the SQL user, or another, is answered over HTTP. */
async function ask(
  statement: string,
  parameters: Readonly<Record<string, string | number>> = {},
  user: string = ACCOUNT,
): Promise<Asked> {
  const target = new URL(url);
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, String(value));
  const response = await fetch(target, {
    method: 'POST',
    body: statement,
    headers: { authorization: `Basic ${Buffer.from(`${user}:${PASSWORD}`).toString('base64')}` },
  });
  const text = await response.text();
  return { ok: response.ok && !text.includes('DB::Exception'), text };
}

async function rows(statement: string): Promise<readonly (readonly unknown[])[]> {
  const { ok, text } = await ask(`${statement} FORMAT JSONCompactEachRow`);
  if (!ok) throw new Error(text);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** The name of the error that a statement fails with; undefined for one that succeeds. */
async function refusal(...asked: Parameters<typeof ask>): Promise<string | undefined> {
  const { ok, text } = await ask(...asked);
  return ok ? undefined : /\(([A-Z_]+)\) \(version|\(([A-Z_]+)\)\s*$/.exec(text)?.slice(1).join('');
}

/** Of Spoor's own user. */
async function allRows(statement: string): Promise<readonly string[]> {
  const found = await spoor.database.rows<[string]>({ kind: 'sql', texts: [statement], values: [] });
  return found.map(([value]) => value);
}

describe('what is created for an SQL user', () => {
  test('ClickHouse takes every statement, as far as an engine does that can store no users', async () => {
    const outcomes: string[] = [];
    for (const { statement } of CREATIONS.slice(2)) {
      const fresh = statement.startsWith('CREATE USER') ? statement.replace(ACCOUNT, 'nobody') : statement;
      outcomes.push(
        await spoor.database.commandText(fresh).then(
          () => 'done',
          (error: { readonly type?: string }) => error.type ?? '',
        ),
      );
    }
    expect(outcomes).toEqual([
      'ACCESS_STORAGE_FOR_INSERTION_NOT_FOUND',
      'ACCESS_STORAGE_READONLY',
      'ACCESS_STORAGE_FOR_INSERTION_NOT_FOUND',
    ]);
  });

  test('a setting that ClickHouse does not know would be refused before that', async () => {
    const misspelt = CREATIONS[2]?.statement.replace('max_result_rows', 'max_results') ?? '';
    await expect(spoor.database.commandText(misspelt)).rejects.toMatchObject({ type: 'UNKNOWN_SETTING' });
  });

  test('the rights that the guide names are enough for all of them', async () => {
    expect(RIGHTS.length).toBeGreaterThan(2);
    const account = `${DATABASE}_sql_managed`;
    const creations = creationsOf(DATABASE, {
      account,
      passwordSha256: '0'.repeat(64),
      view: VIEW,
      settings: SETTINGS,
      comment: '{}',
    });
    const statements = [
      ...creations.map(({ statement }) => statement.replace(`TO ${account}`, `TO ${ACCOUNT}`)),
      ...removalOf(account),
    ];
    const outcomes: (string | undefined)[] = [];
    for (const statement of statements) outcomes.push(await refusal(statement, {}, 'manager'));
    expect(outcomes).toEqual([
      undefined,
      undefined,
      'ACCESS_STORAGE_FOR_INSERTION_NOT_FOUND',
      'ACCESS_STORAGE_READONLY',
      'ACCESS_STORAGE_FOR_INSERTION_NOT_FOUND',
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('a right that is missing is named', async () => {
    const server = { url, user: 'reads_all', password: PASSWORD };
    const connection = new Database(server, 'default');
    const created = new SqlUsers(server, connection, DATABASE).create({
      name: 'somebody',
      view: VIEW,
      settings: SETTINGS,
      now: new Date(),
    });
    await expect(created).rejects.toThrow(
      /^CLICKHOUSE_USER must have the right CREATE DATABASE ON shop_sql_somebody\.\*: docs\/bi.md lists all/,
    );
    await connection.close();
  });

  test('one that is there already is left alone', async () => {
    const users = new SqlUsers({ url, user: '', password: '' }, spoor.database, DATABASE);
    const again = users.create({ name: OWNER, view: VIEW, settings: SETTINGS, now: new Date() });
    await expect(again).rejects.toThrow('There is an SQL user me already: delete it, or choose another name');
    expect(await ask('SELECT count() FROM clicks')).toMatchObject({ ok: true });
  });

  test('what it is for is listed with it, until it is deleted', async () => {
    const users = new SqlUsers({ url, user: '', password: '' }, spoor.database, DATABASE);
    const listed = {
      name: 'listed',
      user: `${DATABASE}_sql_listed`,
      ownerId: "o'wen \\",
      hasVisitors: true,
      createdAt: '2026-01-31T10:00:00.000Z',
    };
    const { user: account, ownerId, hasVisitors, createdAt } = listed;
    const creations = creationsOf(DATABASE, {
      account,
      passwordSha256: '',
      view: { ...VIEW, ownerId },
      settings: [],
      comment: JSON.stringify({ owner_id: ownerId, visitors: hasVisitors, created_at: createdAt }),
    });
    for (const { statement } of creations.slice(0, 2)) await spoor.database.commandText(statement);
    expect(await users.list()).toEqual([listed]);
    await users.delete('listed');
    expect(await users.list()).toEqual([]);
    await expect(users.delete('listed')).rejects.toThrow('There is no SQL user listed.');
  });

  test('the command leaves nothing behind where it fails, and says why in one line', async () => {
    const server = { ...cluster.settings, CLICKHOUSE_DATABASE: DATABASE, SPOOR_VISITOR_SECRET: 'x' };
    const create = ['sql-user', 'create', '--owner', 'somebody'];
    const [failed, embedded, sharded, unnamed, listed, deleted] = await runCommands([
      [create, { ...server, CLICKHOUSE_CLUSTER: '' }],
      [create, {}],
      [create, { ...server, CLICKHOUSE_CLUSTER: CLUSTER }],
      [['sql-user', 'create', '--owner', 'Some Body'], server],
      [['sql-user', 'list', '--json'], { ...server, CLICKHOUSE_CLUSTER: '' }],
      [['sql-user', 'delete', 'somebody'], { ...server, CLICKHOUSE_CLUSTER: '' }],
    ]);
    expect(
      [failed, embedded, sharded, unnamed, deleted].map((ended) => [ended?.code, ended?.stderr]),
    ).toEqual([
      [1, expect.stringMatching(/^spoor: ClickHouse cannot store users: .+\n$/)],
      [
        1,
        expect.stringMatching(
          /^spoor: SQL users need a ClickHouse server of your own \(CLICKHOUSE_URL\).+\n$/,
        ),
      ],
      [1, expect.stringMatching(/^spoor: SQL users are not possible with CLICKHOUSE_CLUSTER.+\n$/)],
      [2, expect.stringMatching(/^spoor: --name is needed.+\n$/)],
      [1, 'spoor: There is no SQL user somebody.\n'],
    ]);
    expect(JSON.parse(listed?.stdout ?? '')).toEqual({ items: [] });
    expect(await allRows("SELECT name FROM system.databases WHERE name LIKE '%somebody%'")).toEqual([]);
  });

  test.each([
    ['reads_all', 'read all clicks'],
    ['reads_logs', 'read system.query_log'],
    ['nobody', 'cannot read its view'],
  ])('a user that the server lets see more is found: %s', async (user, fault) => {
    await spoor.database.commandText('SYSTEM FLUSH LOGS');
    expect(await exposureOf({ url, user, password: PASSWORD }, DATABASE)).toContain(fault);
  });

  test('a server that does not answer the new user is told of', async () => {
    const login = { url: 'http://127.0.0.1:1', user: ACCOUNT, password: PASSWORD };
    expect(await exposureOf(login, DATABASE)).toContain('does not respond');
  });

  test('one that sees its view alone is not', async () => {
    expect(await exposureOf({ url, user: ACCOUNT, password: PASSWORD }, DATABASE)).toBeUndefined();
  });
});

describe('the view', () => {
  test('has every column of a click that does not depend on a time zone or on its URL', async () => {
    const described = (await rows('DESCRIBE TABLE clicks')).map(([name]) => name);
    expect(described).toEqual(viewColumns(VIEW));
    const absent = CLICK_COLUMN_NAMES.filter((name) => !described.includes(name));
    expect(absent).toEqual(['hour_of_day', 'weekday', 'tag', 'owner_id']);
    expect(viewColumns({ hasVisitors: false })).toEqual(described.filter((name) => name !== 'visitor'));
  });

  const statsOf = async (dimensions: readonly string[]) =>
    (
      await spoor.send('GET', '/api/v1/stats', {
        key,
        query: {
          group_by: dimensions.join(),
          breakdown: 'false',
          start_date: '2026-01-01',
          end_date: '2026-03-01',
        },
      })
    ).json;

  test('counts clicks and unique visitors as statistics do', async () => {
    const dimensions = viewColumns(VIEW).filter(
      (name) =>
        !['clicked_at', 'ingested_at', 'properties', 'click_id', 'is_bot', 'redirect_ms', 'visitor'].includes(
          name,
        ),
    );
    const { metrics } = await statsOf(dimensions);
    for (const name of dimensions) {
      const listed = metrics[`clicks_by_${name}`].map(
        (row: Readonly<Record<string, unknown>>, index: number) => [
          row[name],
          row['clicks'],
          metrics[`unique_clicks_by_${name}`][index].unique_clicks,
        ],
      );
      const counted = await rows(
        `SELECT ${name}, count(), uniqExact(visitor) FROM clicks GROUP BY ${name} ORDER BY 2 DESC, 1`,
      );
      expect([name, counted]).toEqual([name, listed]);
    }
  });

  test("shows no visitor's stored hash, and the same one to two owners as two", async () => {
    const stored = await allRows('SELECT DISTINCT toString(visitor) FROM clicks ORDER BY 1');
    const shown = (await rows('SELECT DISTINCT toString(visitor) FROM clicks')).flat();
    expect(shown).toHaveLength(17);
    expect(shown.filter((visitor) => stored.includes(String(visitor)))).toEqual([]);
    const ofAnother = viewQuery(DATABASE, { ...VIEW, ownerId: OTHERS[0] });
    const other = await allRows(`SELECT DISTINCT toString(visitor) FROM (${ofAnother})`);
    expect(other).toHaveLength(17);
    expect(other.filter((visitor) => shown.includes(visitor))).toEqual([]);
  });

  test('leaves out clicks that are past their retention', async () => {
    const day = 86_400_000;
    const clicks = [1, 3].map((days) => ({ short_code: 'kept', clicked_at: Date.now() - days * day }));
    await spoor.send('POST', '/api/v1/clicks', { key: await spoor.createKey('keeper'), ndjson: clicks });
    const kept = viewQuery(DATABASE, { ownerId: 'keeper', hasVisitors: false, retentionDays: 2 });
    expect(await allRows(`SELECT count() FROM (${kept})`)).toEqual([1]);
  });

  test('reads no more granules than the time that is asked for has', async () => {
    const { text } = await ask(
      "EXPLAIN indexes = 1 SELECT count() FROM clicks WHERE clicked_at < '2026-01-10'",
    );
    const [, read, all] = /Condition: \(clicked_at in[^]*?Parts: (\d+)\/(\d+)/.exec(text) ?? [];
    expect(Number(read)).toBeLessThan(Number(all));
  });

  test('follows at once what is erased, deleted and registered anew by another owner', async () => {
    const codes = async () => (await rows('SELECT DISTINCT short_code FROM clicks ORDER BY 1')).flat();
    await spoor.send('POST', '/api/v1/clicks', {
      key,
      ndjson: ['gone', 'erased', 'stays'].map((code) => ({ short_code: code, city: code })),
    });
    expect(await codes()).toEqual(expect.arrayContaining(['gone', 'erased', 'stays']));
    expect((await spoor.send('DELETE', '/api/v1/urls/gone', { key })).status).toBe(204);
    await spoor.send('DELETE', '/api/v1/clicks', { json: { short_code: 'erased' } });
    const other = await spoor.createKey(OTHERS[0]);
    await spoor.send('POST', '/api/v1/clicks', { key: other, ndjson: [{ short_code: 'gone' }] });
    expect(await codes()).toEqual(['mine-0', 'mine-1', 'mine-2', 'stays']);
    // Nor does an error tell of them while they are on the disk.
    expect(
      await refusal("SELECT count() FROM clicks WHERE throwIf(city IN ('gone', 'erased')) = 0"),
    ).toBeUndefined();
    // The other tests count their own clicks.
    for (const [code, owner] of [
      ['stays', key],
      ['gone', other],
    ] as const)
      expect((await spoor.send('DELETE', `/api/v1/urls/${code}`, { key: owner })).status).toBe(204);
  });
});

describe('an attack of an SQL user', () => {
  /** What its conditions could tell of the clicks of others, by failing for them. */
  test.each([
    `WHERE throwIf(short_code LIKE '%${HIDDEN}%') = 0`,
    `WHERE throwIf(referrer LIKE '%${HIDDEN}%') = 0 AND clicked_at > '2026-01-05'`,
    `WHERE intDiv(1, city NOT LIKE '%${HIDDEN}%') = 1`,
    `WHERE toUInt64OrZero(short_code) = 0 AND throwIf(click_id LIKE '%${HIDDEN}%') = 0`,
    `WHERE country IN ('DE', 'FR', 'JP') AND throwIf(properties['plan'] LIKE '%${HIDDEN}%') = 0`,
    `WHERE arrayExists(x -> throwIf(x LIKE '%${HIDDEN}%') = 1, [short_code]) = 0`,
    `WHERE throwIf(visitor NOT IN (SELECT visitor FROM clicks)) = 0`,
    `WHERE throwIf(channel = '' OR referrer_host LIKE '%${HIDDEN}%') = 0 ORDER BY clicked_at DESC LIMIT 1 BY short_code`,
    `AS one JOIN (SELECT 'DE' AS country) AS other USING country WHERE throwIf(short_code LIKE '%${HIDDEN}%') = 0`,
    `AS one SEMI JOIN clicks AS other USING visitor WHERE throwIf(one.city LIKE '%${HIDDEN}%') = 0`,
    `ARRAY JOIN [short_code] AS code WHERE throwIf(code LIKE '%${HIDDEN}%') = 0`,
    `GROUP BY ALL HAVING throwIf(any(city) LIKE '%${HIDDEN}%') = 0`,
    `QUALIFY throwIf(max(short_code) OVER (ORDER BY clicked_at) LIKE '%${HIDDEN}%') = 0`,
  ])('no expression sees the clicks of others: %s', async (clause) => {
    for (const what of ['count()', 'short_code']) {
      const isAggregated = what === 'count()' && /LIMIT|GROUP|QUALIFY/.test(clause);
      if (isAggregated) continue;
      expect(await ask(`SELECT ${what} FROM clicks ${clause}`)).toMatchObject({ ok: true });
    }
  });

  test('a value that cannot be converted is named only where it is its own', async () => {
    const { text } = await ask('SELECT count() FROM clicks WHERE toUInt64(short_code) > 0');
    expect(text).toMatch(/Cannot parse string '(mine-|stays)/);
    expect(text).not.toContain(HIDDEN);
  });

  test('the same conditions do tell where the view has a WHERE: this is what its PREWHERE is for', async () => {
    await spoor.database.commandText(
      `CREATE VIEW ${DATABASE}.leaking DEFINER = CURRENT_USER SQL SECURITY DEFINER AS ${viewQuery(DATABASE, VIEW).replace('PREWHERE', 'WHERE')}`,
    );
    await expect(
      allRows(
        `SELECT toString(count()) FROM ${DATABASE}.leaking WHERE throwIf(short_code LIKE '%${HIDDEN}%') = 0`,
      ),
    ).rejects.toThrow('throwIf');
  });

  test.each([
    [`SELECT * FROM ${DATABASE}.clicks`, 'ACCESS_DENIED'],
    [`SELECT 1 UNION ALL SELECT count() FROM ${DATABASE}.clicks`, 'ACCESS_DENIED'],
    [`SELECT city IN ${DATABASE}.clicks FROM clicks`, 'ACCESS_DENIED'],
    [`SELECT * FROM ${DATABASE}.urls`, 'ACCESS_DENIED'],
    [`SELECT * FROM ${DATABASE}.api_keys`, 'ACCESS_DENIED'],
    [`DESCRIBE TABLE ${DATABASE}.clicks`, 'ACCESS_DENIED'],
    [`SHOW CREATE TABLE ${DATABASE}.clicks`, 'ACCESS_DENIED'],
    [`EXISTS TABLE ${DATABASE}.clicks`, 'ACCESS_DENIED'],
    [`CHECK TABLE ${DATABASE}.clicks`, 'ACCESS_DENIED'],
    [`EXPLAIN SELECT * FROM ${DATABASE}.clicks`, 'ACCESS_DENIED'],
    [`EXPLAIN ESTIMATE SELECT * FROM ${DATABASE}.clicks`, 'ACCESS_DENIED'],
    ['SELECT owner_id FROM clicks', 'UNKNOWN_IDENTIFIER'],
    ['SELECT import_id FROM clicks', 'UNKNOWN_IDENTIFIER'],
    ['SELECT _part FROM clicks', 'UNKNOWN_IDENTIFIER'],
    ['SELECT * FROM clicks PREWHERE 1', 'ILLEGAL_PREWHERE'],
    ['SELECT count() FROM clicks SETTINGS apply_deleted_mask = 0', 'READONLY'],
    [`SELECT 1 SETTINGS additional_table_filters = {'${DATABASE}.clicks': 'throwIf(1)'}`, 'READONLY'],
    ["SELECT 1 SETTINGS additional_result_filter = '1'", 'READONLY'],
    ['SELECT 1 SETTINGS max_memory_usage = 0', 'READONLY'],
    ['SELECT 1 SETTINGS max_threads = 64', 'READONLY'],
    ['SELECT 1 SETTINGS optimize_move_to_prewhere = 1', 'READONLY'],
    ["SELECT 1 SETTINGS workload = 'spoor_intake'", 'READONLY'],
    ["SELECT 1 SETTINGS send_logs_level = 'trace'", 'READONLY'],
    ['SELECT 1 SETTINGS use_query_cache = 1', 'READONLY'],
    ['SET readonly = 0', 'READONLY'],
    ['SET readonly = 2', 'READONLY'],
    ["SET profile = 'reads_logs'", undefined],
    ['SET ROLE ALL', undefined],
    ['SELECT * FROM system.query_log', 'ACCESS_DENIED'],
    ['SELECT * FROM system.processes', 'ACCESS_DENIED'],
    ['SHOW PROCESSLIST', 'ACCESS_DENIED'],
    ['SELECT * FROM system.users', 'ACCESS_DENIED'],
    ['SHOW CREATE USER', 'ACCESS_DENIED'],
    ['SELECT * FROM system.grants', 'ACCESS_DENIED'],
    ['SELECT * FROM system.parts', 'ACCESS_DENIED'],
    ['SELECT * FROM system.clusters', 'ACCESS_DENIED'],
    ['KILL QUERY WHERE 1', 'ACCESS_DENIED'],
    ['INSERT INTO clicks (short_code) VALUES (1)', 'ACCESS_DENIED'],
    [`INSERT INTO ${DATABASE}.clicks (owner_id) VALUES ('me')`, 'ACCESS_DENIED'],
    ["INSERT INTO FUNCTION file('x.csv') SELECT 1", 'ACCESS_DENIED'],
    ["SELECT 1 INTO OUTFILE 'x.csv'", 'INTO_OUTFILE_NOT_ALLOWED'],
    ['CREATE TEMPORARY TABLE t (a Int8)', 'ACCESS_DENIED'],
    [`CREATE VIEW ${ACCOUNT}.another AS SELECT 1`, 'ACCESS_DENIED'],
    [`CREATE OR REPLACE VIEW ${ACCOUNT}.clicks AS SELECT 1`, 'ACCESS_DENIED'],
    [`ALTER TABLE ${ACCOUNT}.clicks MODIFY SQL SECURITY NONE`, 'ACCESS_DENIED'],
    [`DROP VIEW ${ACCOUNT}.clicks`, 'ACCESS_DENIED'],
    [`DROP DATABASE ${ACCOUNT}`, 'ACCESS_DENIED'],
    [`TRUNCATE TABLE ${DATABASE}.clicks`, 'ACCESS_DENIED'],
    [`DELETE FROM ${DATABASE}.clicks WHERE 1`, 'ACCESS_DENIED'],
    ['CREATE FUNCTION f AS x -> x', 'ACCESS_DENIED'],
    [`GRANT SELECT ON ${DATABASE}.clicks TO ${ACCOUNT}`, 'ACCESS_DENIED'],
    ["CREATE USER another IDENTIFIED BY 'x'", 'ACCESS_DENIED'],
    [`ALTER USER ${ACCOUNT} SETTINGS readonly = 0`, 'ACCESS_DENIED'],
    ['SYSTEM FLUSH LOGS', 'ACCESS_DENIED'],
    ["BACKUP DATABASE shop TO Disk('x', 'y')", 'ACCESS_DENIED'],
    ['EXECUTE AS spoor SELECT 1', 'SUPPORT_IS_DISABLED'],
  ])('%s', async (statement, error) => {
    const rights = await refusal(statement);
    expect(rights).toBe(error);
  });

  test('by a profile of the server changes no limit', async () => {
    const session = { session_id: 'an attack' };
    expect(await refusal("SET profile = 'default'", session)).toBeUndefined();
    expect(await refusal('SET max_execution_time = 301', session)).toBe('SETTING_CONSTRAINT_VIOLATION');
    expect(await refusal('SET max_memory_usage = 0', session)).toBe('READONLY');
  });

  test('through a table that a parameter names', async () => {
    const target = { param_database: DATABASE, param_table: 'clicks' };
    expect(await refusal('SELECT * FROM {database:Identifier}.{table:Identifier}', target)).toBe(
      'ACCESS_DENIED',
    );
  });

  test('no table function tells anything of others', async () => {
    const names = await allRows('SELECT name FROM system.table_functions ORDER BY 1');
    expect(names.length).toBeGreaterThan(50);
    for (const name of names) {
      for (const given of [`'${DATABASE}', 'clicks'`, `${DATABASE}.clicks`]) {
        const { text } = await ask(`SELECT * FROM ${name}(${given}) LIMIT 100`);
        expect([name, given, text.includes(HIDDEN)]).toEqual([name, given, false]);
      }
    }
  });

  test.each([
    `remote('127.0.0.1', ${DATABASE}.clicks)`,
    `remoteSecure('127.0.0.1', ${DATABASE}.clicks)`,
    `cluster('${CLUSTER}', ${DATABASE}.clicks)`,
    `clusterAllReplicas('${CLUSTER}', ${DATABASE}.clicks)`,
    `clusterAllReplicas('${CLUSTER}', system.query_log)`,
    `view(SELECT * FROM ${DATABASE}.clicks)`,
    `loop(${DATABASE}.clicks)`,
    `mergeTreeIndex('${DATABASE}', 'clicks')`,
    `url('http://127.0.0.1/', 'LineAsString')`,
    `file('/etc/hostname', 'LineAsString')`,
    `s3('http://127.0.0.1/bucket/key.csv', 'LineAsString')`,
    `executable('x.sh', 'TSV', 'a String')`,
    `sqlite('a.db', 'a')`,
    `mysql('127.0.0.1:1', 'a', 'a', 'a', 'a')`,
    `postgresql('127.0.0.1:1', 'a', 'a', 'a', 'a')`,
  ])('the table function %s is not for it', async (call) => {
    expect(await refusal(`SELECT * FROM ${call}`)).toBe('ACCESS_DENIED');
  });

  test('no table of the server tells anything of others', async () => {
    const tables = await spoor.database.rows<[string, string]>(
      sql`SELECT database, name FROM system.tables WHERE database != ${param('String', ACCOUNT)}`,
    );
    expect(tables.length).toBeGreaterThan(100);
    for (const [database, name] of tables) {
      // These have one row a number, without end.
      if (/^(numbers|numbers_mt|zeros|zeros_mt|primes|generate_series|generateSeries)$/.test(name)) continue;
      const { text } = await ask(`SELECT * FROM ${database}.\`${name}\` LIMIT 10000`);
      expect([database, name, text.includes(HIDDEN)]).toEqual([database, name, false]);
    }
  });
});

describe('drivers', () => {
  test('may change the settings that they send, and no others', async () => {
    const changeable = (
      await rows('SELECT name FROM system.settings WHERE NOT readonly ORDER BY name')
    ).flat();
    expect(changeable).toEqual([...namesOf(DRIVER_SETTINGS)].toSorted());
  });

  test.each(namesOf(DRIVER_SETTINGS))('%s: up to its bounds', async (name) => {
    const { min, max } = driverSettingOf(name);
    const known = await rows(`SELECT value FROM system.settings WHERE name = '${name}'`);
    const asking = (value: string | number) => refusal('SELECT 1', { [name]: value });
    expect(await asking(max ?? String(known[0]?.[0]))).toBeUndefined();
    if (max !== undefined) expect(await asking(max + 1)).not.toBeUndefined();
    if (min !== undefined) expect(await asking(min - 1)).toBe('SETTING_CONSTRAINT_VIOLATION');
  });

  test('list the one table and its columns', async () => {
    expect(await rows("SELECT name FROM system.databases WHERE name NOT IN ('default')")).toEqual([
      [ACCOUNT],
    ]);
    expect(await rows('SELECT database, name FROM system.tables')).toEqual([[ACCOUNT, 'clicks']]);
    expect(
      (await rows('SELECT database, table, name FROM system.columns')).map(([, , name]) => name),
    ).toEqual(viewColumns(VIEW));
  });

  test("ClickHouse's own for Node reads with compression, in a session", async () => {
    const client = createClient({
      url,
      username: ACCOUNT,
      password: PASSWORD,
      database: ACCOUNT,
      compression: { response: true },
      session_id: 'a driver',
    });
    const result = await client.query({
      query: 'SELECT count() AS clicks FROM clicks WHERE country = {country: String}',
      query_params: { country: 'DE' },
      format: 'JSONEachRow',
    });
    expect(await result.json()).toEqual([{ clicks: 20 }]);
    await client.close();
  });
});

describe("Grafana's dashboard", () => {
  const FROM = Date.UTC(2026, 0, 1);
  const TO = Date.UTC(2026, 2, 1);

  const pick = (value: any, path: string): any =>
    path.split('.').reduce((inner, name) => inner?.[name], value);

  test.each(['', 'mine-1'])('on the API shows what there is of the link %j', async (shortCode) => {
    const targets = targetsOf(readDashboard('clicks.json')).filter(isInfinity);
    expect(targets.length).toBeGreaterThan(6);
    for (const { url: address, root_selector, columns } of targets) {
      const variables = { short_code: shortCode, timezone: 'Europe/Berlin', bots: 'exclude' };
      const path = expanded(address, { from: FROM, to: TO, variables });
      const { status, json } = await spoor.send('GET', path, { key });
      expect([path, status]).toEqual([path, 200]);
      const rows = [pick(json, root_selector)].flat();
      expect(rows.length).toBeGreaterThan(0);
      for (const { selector, type } of columns) {
        const value = rows[0][selector];
        expect([selector, typeof value]).toEqual([selector, type === 'number' ? 'number' : 'string']);
        if (type === 'timestamp') expect(Date.parse(value)).not.toBeNaN();
      }
    }
  });

  test.each([undefined, 'mine-1'])(
    'on the SQL user counts as the API does, for the link %s',
    async (shortCode) => {
      const dashboard = readDashboard('clicks-sql.json');
      const chosen = {
        from: FROM,
        to: TO,
        variables: { bots: '0', ...(shortCode === undefined ? {} : { short_code: shortCode }) },
      };
      const [variable] = dashboard.templating.list;
      const codes = (await rows(expanded(variable?.query ?? '', chosen))).flat();
      expect(codes).toEqual(expect.arrayContaining(['mine-0', 'mine-1', 'mine-2']));
      const { json } = await spoor.send('GET', '/api/v1/stats', {
        key,
        query: {
          short_code: shortCode ?? '',
          start_date: String(FROM),
          end_date: String(TO),
          bots: 'exclude',
        },
      });
      const { total_clicks, unique_clicks } = json.summary;
      for (const target of targetsOf(dashboard)) {
        if (isInfinity(target)) continue;
        const counted = await rows(expanded(target.rawSql, chosen));
        expect(counted.length).toBeGreaterThan(0);
        const isSummary = target.refId === 'A' && !target.rawSql.includes('GROUP BY');
        if (isSummary) expect(counted[0]?.slice(0, 2)).toEqual([total_clicks, unique_clicks]);
        else expect(counted.reduce((sum, [, clicks]) => sum + Number(clicks), 0)).toBe(total_clicks);
      }
    },
  );
});

describe("a limit of Spoor's own user", () => {
  const UNAVAILABLE = { code: 'unavailable', status: 503, retryAfter: expect.any(Number) };
  const opened: Database[] = [];
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.close()));
  });
  function open(settings: ClickHouseSettings = {}): Database {
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error('There is no server.');
    const database = new Database(node.server, 'default', () => {}, { lookups: settings });
    opened.push(database);
    return database;
  }

  test('a query over its memory is 503', async () => {
    const query = sql`SELECT uniqExact(number) FROM numbers(10000000)`;
    const refused = open({ max_memory_usage_for_user: '10000000' }).rows(query);
    await expect(refused).rejects.toMatchObject(UNAVAILABLE);
  });

  test('a query over its number of queries is 503', async () => {
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
});
