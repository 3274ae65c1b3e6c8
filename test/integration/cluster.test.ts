import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster } from '../../src/clickhouse/cluster.ts';
import { nodeSettings } from '../../src/clickhouse/cluster-settings.ts';
import { Database } from '../../src/clickhouse/database.ts';
import { migrate, readMigrations } from '../../src/clickhouse/migrations.ts';
import type { ClickHouseServer } from '../../src/config.ts';
import { onCluster, shardedStatement } from '../../src/clickhouse/distributed-tables.ts';
import { shardOf } from '../../src/clicks/named-insert.ts';
import { sql } from '../../src/sql/sql.ts';
import type { StatsRow } from '../../src/stats/result/stats-result.ts';
import { planStats } from '../../src/stats/plan-stats.ts';
import { shapeCompared } from '../../src/stats/result/compared-result.ts';
import { compile } from '../../src/stats/sql/compile.ts';
import { parseStatsRequest } from '../../src/stats/parse/parse-request.ts';
import { statsQuery } from '../../src/stats/parse/requested-query.ts';
import { VISITOR_PLANS } from '../../src/stats/plan.ts';
import {
  CLUSTER,
  type ClusterNode,
  OTHER_ORDER,
  type TestCluster,
  startCluster,
} from '../support/cluster.ts';
import { asSent } from '../support/as-sent.ts';
import { stopSharing, waitUntil } from '../support/process.ts';
import { SEED } from '../support/random.ts';
import { type TestResponse, type TestSpoor, startSpoor } from '../support/spoor.ts';

/** The node that has keys and URLs. */
const HOME = 0;

const UNAVAILABLE = { status: 503, code: 'unavailable' };
const SHARDS = { cluster: CLUSTER, database: 'spoor', slots: [1, 2] };

let cluster: TestCluster;
let first: TestSpoor;
/** Another Spoor on the same clicks, which is told of one node only. */
let second: TestSpoor;
/** Statements that the first node had refused to pass on when Spoor had started; a node that is killed counts anew. */
let refusedAtStart: number | undefined;
beforeAll(async () => {
  cluster = await startCluster();
  // What was just asked may be answered though a node is away; here each question is to reach the shards.
  const settings = { ...cluster.settings, SPOOR_CACHE_MB: '0', SPOOR_SCHEDULES: 'off' };
  first = await startSpoor(settings);
  const refused = await first.clickTables[0]?.database.rows<[number]>(
    sql`SELECT toUInt32(value) FROM system.errors WHERE name = 'QUERY_IS_PROHIBITED'`,
  );
  refusedAtStart = refused?.[0]?.[0];
  second = await startSpoor({
    ...settings,
    CLICKHOUSE_URL: cluster.nodes[1]?.server.url ?? '',
    CLICKHOUSE_DATABASE: first.database.name,
  });
});
afterAll(async () => {
  await stopSharing([second, first]);
  await cluster.stop();
});

/** Clicks of several months and many visitors, so that a request lies in several places of each shard. */
const MONTHS = ['2025-10', '2025-11', '2025-12', '2026-01'];
const clicksOf = (code: string, each: number) =>
  MONTHS.flatMap((month) =>
    Array.from({ length: each }, (_, place) => ({
      short_code: code,
      clicked_at: `${month}-15T00:00:00.${String(place % 1000).padStart(3, '0')}Z`,
      ip: `192.0.2.${place % 200}`,
      city: `${month}/${place}`,
    })),
  );

const EXPORT = '/api/v1/export';
const outcome = ({ status, json }: TestResponse) => ({ status, code: json?.code });
const ask = (code: string, spoor = first, path = '/api/v1/stats') =>
  spoor.send('GET', path, {
    query: {
      owner_id: '*',
      short_code: code,
      start_date: '2025-01-01',
      group_by: 'time,city',
      interval: 'month',
      ...(path === EXPORT ? { format: 'json' } : {}),
    },
  });
const totals = async (code: string, spoor = first) => {
  const { status, json } = await ask(code, spoor);
  expect(status).toBe(200);
  return [json.summary.total_clicks, json.summary.unique_clicks];
};
const ready = (spoor = first) =>
  waitUntil('all shards to answer', async () => (await spoor.send('GET', '/ready')).status === 200);
const whileDown = async (node: ClusterNode, work: () => Promise<void>): Promise<void> => {
  await node.kill();
  try {
    await work();
  } finally {
    await node.start();
    await ready();
    await ready(second);
  }
};

describe('clicks', () => {
  beforeAll(async () => {
    const { json } = await first.send('POST', '/api/v1/clicks', { ndjson: clicksOf('fixed', 300) });
    expect(json).toEqual({ accepted: 1_200, rejected: [] });
  });

  test('lie on both shards, each visitor on one, which is the one that a retry looks on', async () => {
    const shards = await Promise.all(
      first.clickTables.map(({ database }) =>
        database.rows<[string]>(
          sql`SELECT DISTINCT toString(visitor) FROM clicks_local WHERE short_code = 'fixed'`,
        ),
      ),
    );
    const found = shards.map((rows) => rows.map(([visitor]) => BigInt(visitor)));
    expect(found.map((visitors) => visitors.length > 50)).toEqual([true, true]);
    expect(found.flat().length).toBe(200);
    for (const [index, visitors] of found.entries()) {
      for (const visitor of visitors) expect(shardOf(SHARDS, { visitor })).toBe(index + 1);
    }
  });

  test('are counted alike by every Spoor, whatever node it was told of', async () => {
    expect(await totals('fixed')).toEqual([1_200, 200]);
    expect(await totals('fixed', second)).toEqual([1_200, 200]);
  });

  test('are followed as they arrive, whichever node takes them', async () => {
    const path = '/api/v1/clicks/changes';
    const query = { owner_id: '*', short_code: 'followed', fields: 'city' };
    let cursor: string = (await first.send('GET', path, { query })).json.next_cursor;
    const clicks = clicksOf('followed', 20);
    for (const [index, spoor] of [first, second].entries()) {
      const half = clicks.filter((_, place) => place % 2 === index);
      expect((await spoor.send('POST', '/api/v1/clicks', { ndjson: half })).json.accepted).toBe(half.length);
    }
    const cities: string[] = [];
    while (cities.length < clicks.length) {
      const { json } = await second.send('GET', path, { query: { after: cursor, limit: '7', wait: '20' } });
      expect(json.items).not.toEqual([]);
      cities.push(...json.items.map(({ city }: { readonly city: string }) => city));
      cursor = json.next_cursor;
    }
    expect(cities.toSorted()).toEqual(clicks.map(({ city }) => city).toSorted());
  });

  test.each(['newest', 'oldest', 'link'])('are listed in the order %s, each once', async (order) => {
    const cities: string[] = [];
    const keys: string[] = [];
    let query: Record<string, string> = {
      owner_id: '*',
      short_code: 'fixed',
      start_date: '2025-01-01',
      fields: 'clicked_at,city',
      order,
    };
    while (query['cursor'] !== '') {
      const { json } = await first.send('GET', '/api/v1/clicks', { query: { ...query, limit: '500' } });
      for (const { clicked_at: time, city } of json.items) {
        cities.push(city);
        keys.push(time);
      }
      query = { cursor: json.next_cursor ?? '' };
    }
    expect(cities.toSorted()).toEqual(
      clicksOf('fixed', 300)
        .map(({ city }) => city)
        .toSorted(),
    );
    expect(keys).toEqual(order === 'newest' ? keys.toSorted().toReversed() : keys.toSorted());
  });

  test('a node that hangs is told from one that answers', async () => {
    const node = nodeAt(1);
    node.freeze();
    try {
      expect(outcome(await first.send('GET', '/ready'))).toEqual(UNAVAILABLE);
      expect(outcome(await ask('fixed'))).toEqual(UNAVAILABLE);
    } finally {
      node.thaw();
    }
    await waitUntil('a question to be answered', async () => (await ask('fixed')).status === 200);
    expect(await totals('fixed')).toEqual([1_200, 200]);
  });

  describe.each([0, 1])('while node %i is away', (index) => {
    const code = `again-${index}`;
    let key: string;
    let before: TestResponse;
    let exported: TestResponse;
    const outcomes: { readonly [what: string]: unknown }[] = [];
    const keyed: unknown[] = [];
    let lookedUp: unknown;
    const post = (spoor: TestSpoor) =>
      spoor.send('POST', '/api/v1/clicks', {
        ndjson: clicksOf(code, 50),
        headers: { 'idempotency-key': code },
      });

    beforeAll(async () => {
      [before, exported] = [await ask('fixed'), await ask('fixed', first, EXPORT)];
      key = await first.createKey(`me-${index}`);
      await first.send('PUT', `/api/v1/urls/mine-${index}`, { key, json: {} });
      // The URL is known and the idempotency key is noted: what fails is the storing.
      await first.send('PUT', `/api/v1/urls/${code}`, { json: {} });
      await whileDown(nodeAt(index), async () => {
        for (const spoor of [first, second]) {
          outcomes.push({
            stats: outcome(await ask('fixed', spoor)),
            export: outcome(await ask('fixed', spoor, EXPORT)),
            ready: outcome(await spoor.send('GET', '/ready')),
            erase: outcome(await spoor.send('DELETE', '/api/v1/clicks', { json: { short_code: 'fixed' } })),
          });
          keyed.push(outcome(await post(spoor)));
        }
        if (index !== HOME) return;
        lookedUp = outcome(
          await waitUntil('the keys to be asked for', async () => {
            const answer = await second.send('GET', `/api/v1/urls/mine-${index}`, { key });
            return answer.status !== 200 && answer;
          }),
        );
      });
    });

    test('nothing is answered in part; once it is back all is there', async () => {
      const nothing = { stats: UNAVAILABLE, export: UNAVAILABLE, ready: UNAVAILABLE, erase: UNAVAILABLE };
      expect(outcomes).toEqual([nothing, nothing]);
      expect((await ask('fixed')).json.metrics).toEqual(before.json.metrics);
      expect((await ask('fixed', first, EXPORT)).json.metrics).toEqual(exported.json.metrics);
    });

    test('clicks are refused, and with an idempotency key count once when they are sent again', async () => {
      expect(keyed).toEqual([UNAVAILABLE, UNAVAILABLE]);
      for (const spoor of [second, first]) {
        expect((await post(spoor)).json).toEqual({ accepted: 200, rejected: [] });
        expect(await totals(code)).toEqual([200, 50]);
      }
    });

    test('of keys and URLs nothing is denied', async () => {
      expect(lookedUp).toEqual(index === HOME ? UNAVAILABLE : undefined);
      expect((await second.send('GET', `/api/v1/urls/mine-${index}`, { key })).status).toBe(200);
    });
  });
});

test.each(VISITOR_PLANS)(
  '%s: while clicks pour in, lists and summary are of one view of each shard',
  async (plan) => {
    const code = `pouring-${plan}`;
    const raw = {
      start_date: '2026-01-15',
      end_date: '2026-01-15',
      group_by: 'time,os,country,city',
      compare: 'previous',
    };
    const query = statsQuery(
      parseStatsRequest(
        { ...raw, short_code: code },
        { now: Date.parse('2026-02-01'), timeZones: new Set(['UTC']) },
      ),
    );
    const planned = planStats(
      query,
      { kind: 'every-owner' },
      { visitorPlan: plan, sharding: { cluster: CLUSTER, database: first.database.name } },
    );
    const over = new AbortController();
    const pour = async () => {
      for (let round = 0; !over.signal.aborted; round++) {
        const ndjson = Array.from({ length: 40 }, (_, place) => ({
          short_code: code,
          country: 'DE',
          clicked_at: place % 2 === 0 ? '2026-01-15T12:00' : '2026-01-14T12:00',
          ip: `192.0.2.${(round * 20 + Math.floor(place / 2)) % 251}`,
          user_agent: `agent ${round % 3}`,
        }));
        expect((await first.send('POST', '/api/v1/clicks', { ndjson })).status).toBe(200);
      }
    };
    const read = async () => {
      const seen = new Set<number>();
      while (seen.size < 6) {
        const rows = await first.database.rows<StatsRow>(compile(planned));
        const answer = await asSent(shapeCompared(planned, rows, 0));
        const { clicks_by_country: clicks, unique_clicks_by_country: visitors } = answer.metrics;
        const { total_clicks, unique_clicks } = answer.summary;
        if (total_clicks === 0) continue;
        expect([clicks?.[0]?.['clicks'], visitors?.[0]?.['unique_clicks']]).toEqual([
          total_clicks,
          unique_clicks,
        ]);
        // Both periods are of one view: the clicks of a visitor that came in together are in both or in neither.
        expect(answer.previous?.summary.total_clicks).toBe(total_clicks);
        seen.add(total_clicks);
      }
      over.abort();
    };
    await Promise.all([read().finally(() => over.abort()), pour()]);
  },
);

describe('two Spoors on a cluster', () => {
  test('each finds what the other was told, within its time', async () => {
    const key = await first.createKey('both');
    const ndjson = [{ short_code: 'both', clicked_at: '2026-01-01' }];
    expect((await second.send('POST', '/api/v1/clicks', { key, ndjson })).json.accepted).toBe(1);
    await waitUntil('the click', async () => (await totals('both'))[0] === 1);
    const id = (await second.send('GET', '/api/v1/keys')).json.items.find(
      ({ owner_id }: { owner_id: string }) => owner_id === 'both',
    ).id;
    expect((await second.send('DELETE', `/api/v1/keys/${id}`)).status).toBe(204);
    await waitUntil('the key to be refused', async () => {
      const { status } = await first.send('GET', '/api/v1/urls', { key });
      return status === 401;
    });
  });

  test('the same request to both at once counts once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, place) =>
        (place % 2 === 0 ? first : second).send('POST', '/api/v1/clicks', {
          ndjson: clicksOf('at-once', 30),
          headers: { 'idempotency-key': 'at-once' },
        }),
      ),
    );
    for (const { json } of answers) expect(json).toEqual({ accepted: 120, rejected: [] });
    expect(await totals('at-once')).toEqual([120, 30]);
  });
});

describe('removal', () => {
  test('takes the clicks off every shard', async () => {
    for (const code of ['gone', 'stays']) {
      await first.send('POST', '/api/v1/clicks', { ndjson: clicksOf(code, 40) });
    }
    const erased = await first.send('DELETE', '/api/v1/clicks', {
      json: { short_code: 'gone', start_date: '2025-12-01' },
    });
    expect(erased.json).toEqual({ erased: 80 });
    expect(await totals('gone')).toEqual([80, 40]);
    expect((await first.send('DELETE', '/api/v1/urls/gone')).status).toBe(204);
    expect(await totals('gone')).toEqual([0, 0]);
    expect(await totals('stays')).toEqual([160, 40]);
  });

  test('past a retention is done by every node', async () => {
    const database = { CLICKHOUSE_DATABASE: first.database.name };
    const aged = await startSpoor({ ...cluster.settings, ...database, SPOOR_RETENTION_DAYS: '36500' });
    const ttl = () =>
      Promise.all(
        first.clickTables.map(async ({ database }) => {
          const [row] = await database.rows<[number]>(sql`
            SELECT position(engine_full, 'toIntervalHour(876001)') > 0 FROM system.tables
            WHERE database = currentDatabase() AND name = 'clicks_local'`);
          return row?.[0];
        }),
      );
    expect(await ttl()).toEqual([1, 1]);
    await aged.running.stop();
    const forGood = await startSpoor({ ...cluster.settings, ...database });
    expect(await ttl()).toEqual([0, 0]);
    await forGood.running.stop();
  });
});

test('what is for every node is offered to be passed on, and where that is refused said to each', async () => {
  expect(refusedAtStart).toBeGreaterThan(0);
  for (const { database } of first.clickTables) {
    const tables = await database.rows<[string]>(sql`
      SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'clicks%' ORDER BY name`);
    expect(tables.flat()).toEqual(['clicks', 'clicks_local']);
  }
});

test('every statement that would be passed on is understood', async () => {
  const plan = { ...SHARDS, database: first.database.name, isReplicated: false };
  const statements = readMigrations().flatMap(({ statements }) => statements);
  const forAll = [
    `CREATE DATABASE IF NOT EXISTS ${plan.database}`,
    ...[...statements, 'ALTER TABLE clicks ADD COLUMN IF NOT EXISTS device String']
      .flatMap((statement) => shardedStatement(statement, { shard: 2, replica: 1 }, plan))
      .filter((statement) => !statement.includes('Shard 2')),
  ].map((statement) => onCluster(statement, plan) ?? '');
  expect(forAll.length).toBeGreaterThan(3);
  const [home] = first.clickTables;
  for (const statement of forAll) {
    // What is not understood is refused as a mistake of syntax.
    await expect(home?.database.commandText(statement)).rejects.toMatchObject({
      type: 'QUERY_IS_PROHIBITED',
    });
  }
});

test('an import adds what is missing, whichever shard has the rest', async () => {
  const lines = Array.from({ length: 40 }, (_, place) => ({
    short_code: 'imported',
    clicked_at: '2026-01-01T00:00:00Z',
    ip: `192.0.2.${Math.floor(place / 2)}`,
  }));
  const send = (count: number, spoor: TestSpoor) =>
    spoor.send('POST', '/api/v1/imports', {
      query: { owner: 'me' },
      body: lines
        .slice(0, count)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    });
  expect((await send(21, first)).json).toMatchObject({ accepted: 21 });
  expect((await send(40, second)).json).toMatchObject({ accepted: 19, known: 21 });
  expect((await send(40, first)).json).toMatchObject({ accepted: 0, known: 40 });
});

test('an import that is undone takes its clicks off every shard, and off every answer', async () => {
  const key = await first.createKey('undone');
  const lines = Array.from({ length: 30 }, (_, place) => ({ short_code: 'undone', ip: `192.0.2.${place}` }));
  const { id } = (await first.send('POST', '/api/v1/imports', { key, ndjson: lines })).json;
  await first.send('POST', '/api/v1/clicks', { key, ndjson: lines.slice(0, 10) });
  const total = async () => (await first.send('GET', '/api/v1/stats', { key })).json.summary.total_clicks;
  expect(await total()).toBe(40);
  const { json } = await second.send('DELETE', `/api/v1/imports/${id}`, { key });
  expect(json).toEqual({ removed_clicks: 30, removed_urls: 0 });
  await waitUntil('the other Spoor to know', async () => (await total()) === 10);
  const again = await second.send('POST', '/api/v1/imports', { key, ndjson: lines });
  expect(again.json).toMatchObject({ accepted: 30 });
});

/** Lines of the file of an export, once it is there. */
async function fileOf(spoor: TestSpoor, id: string): Promise<readonly { readonly city: string }[]> {
  const path = `/api/v1/exports/${id}`;
  await waitUntil('the export', async () => (await spoor.send('GET', path)).json.status === 'done');
  const { text } = await spoor.send('GET', `${path}/file`);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

describe('of the clicks of all shards', () => {
  const order = { what: 'clicks', format: 'ndjson', fields: 'city' };
  const cities = (clicks: readonly { readonly city: string }[]) => clicks.map(({ city }) => city).toSorted();

  test('an export job has each once', async () => {
    const clicks = clicksOf('exported', 150);
    await first.send('POST', '/api/v1/clicks', { ndjson: clicks });
    const json = { ...order, owner_id: '*', short_code: 'exported', start_date: '2025-01-01' };
    const { id } = (await second.send('POST', '/api/v1/exports', { json })).json;
    expect(cities(await fileOf(second, id))).toEqual(cities(clicks));
  });

  test('the files of a schedule have each once, while they arrive through every node', async () => {
    const MINUTE = 60_000;
    let clock = Math.ceil(Date.now() / MINUTE) * MINUTE;
    const database = { CLICKHOUSE_DATABASE: first.database.name };
    const scheduled = await startSpoor({ ...cluster.settings, ...database }, { now: () => clock });
    const over = new AbortController();
    const sent: { readonly city: string }[] = [];
    const write = async (spoor: TestSpoor, name: string): Promise<void> => {
      for (let batch = 0; !over.signal.aborted; batch++) {
        const ndjson = clicksOf('scheduled', 5).map((click) => ({
          ...click,
          city: `${name} ${batch} ${click.city}`,
        }));
        expect((await spoor.send('POST', '/api/v1/clicks', { ndjson })).json.accepted).toBe(ndjson.length);
        sent.push(...ndjson);
      }
    };
    const json = { ...order, cron: '* * * * *', range: 'since_last_run', short_code: 'scheduled' };
    const path = `/api/v1/schedules/${(await scheduled.send('POST', '/api/v1/schedules', { json })).json.id}`;
    const writers = [write(first, 'first'), write(second, 'second')];
    const run = async (): Promise<void> => {
      clock += MINUTE;
      await scheduled.running.runSchedules();
    };
    for (let runs = 0; runs < 2; runs++) await run();
    over.abort();
    await Promise.all(writers);
    await run();
    const { items: runs } = (await scheduled.send('GET', `${path}/runs`)).json;
    expect(runs.map(({ status }: any) => status)).toEqual(['done', 'done', 'done']);
    const files = await Promise.all(runs.map(({ export_id: id }: any) => fileOf(scheduled, id)));
    expect(cities(files.flat())).toEqual(cities(sent));
    await scheduled.running.stop();
    await scheduled.database.close();
  });
});

const RELEASES = ['005', '007', '010'];

test.each(RELEASES.filter((_, place) => place === SEED % RELEASES.length))(
  `what releases before migration %s have stored has the same answers (SPOOR_TEST_SEED=${SEED})`,
  async (release) => {
    const name = `test_${randomBytes(6).toString('hex')}`;
    const opened = new Map<string, Database>();
    const open = (server: ClickHouseServer, database: string): Database => {
      const key = `${server.url} ${database}`;
      const found = opened.get(key) ?? new Database(server, database, () => {}, {}, nodeSettings(CLUSTER, 1));
      opened.set(key, found);
      return found;
    };
    const old = await Cluster.open(CLUSTER, name, {
      servers: cluster.nodes.map(({ server }) => server),
      open: (server) => open(server, 'default'),
      openOurs: (server) => open(server, name),
    });
    await old.createDatabases();
    const database = open(old.coordinator, name);
    const older = readMigrations().filter((migration) => migration.name < release);
    await migrate(database, open(old.coordinator, 'default'), older, { run: old.run });
    await database.commandText(`INSERT INTO urls (short_code, owner_id, created_at, private_stats, version)
    SELECT concat('old-', toString(number)), 'me', '2025-01-01', true, 1 FROM numbers(5)`);
    // In the sharding's way: each visitor on one shard.
    await database.commandText(`INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, city)
    SELECT 'me', concat('old-', toString(number % 5)), toDateTime('2026-01-15 12:00:00', 'UTC') + number * 60,
      number % 77, concat('city ', toString(number % 13))
    FROM numbers(1000) SETTINGS distributed_foreground_insert = 1`);
    const spoor = await startSpoor({
      ...cluster.settings,
      SPOOR_SCHEDULES: 'off',
      CLICKHOUSE_DATABASE: name,
    });
    const query = {
      owner_id: 'me',
      start_date: '2026-01-01',
      end_date: '2026-01-31',
      group_by: 'city,short_code',
    };
    const { summary, metrics } = (await spoor.send('GET', '/api/v1/stats', { query })).json;
    expect(summary).toMatchObject({ total_clicks: 1_000, unique_clicks: 77 });
    expect(metrics.clicks_by_short_code.map(({ clicks }: any) => clicks)).toEqual([200, 200, 200, 200, 200]);
    expect(metrics.clicks_by_city.map(({ clicks }: any) => clicks)).toEqual(
      Array.from({ length: 13 }, (_, city) => (city < 1_000 % 13 ? 77 : 76)),
    );
    const urls = (await spoor.send('GET', '/api/v1/urls')).json.items;
    expect(urls.map(({ short_code, tags }: any) => [short_code, tags])).toEqual(
      Array.from({ length: 5 }, (_, place) => [`old-${place}`, []]),
    );
    // What has arrived before is in no file that follows.
    const { next_cursor: after } = (
      await spoor.send('GET', '/api/v1/clicks/changes', { query: { owner_id: '*' } })
    ).json;
    const changed = await spoor.send('POST', '/api/v1/clicks', { ndjson: [{ short_code: 'old-1' }] });
    expect(changed.json.accepted).toBe(1);
    const { items } = (await spoor.send('GET', '/api/v1/clicks/changes', { query: { after, wait: '20' } }))
      .json;
    expect(items).toHaveLength(1);
    await spoor.stop();
    for (const one of opened.values()) await one.close();
  },
);

describe('a start is refused in one line', () => {
  const start = (settings: Readonly<Record<string, string>>) =>
    startSpoor({ ...cluster.settings, CLICKHOUSE_DATABASE: first.database.name, ...settings });

  test('without the cluster whose clicks they are', async () => {
    const url = nodeAt(0).server.url;
    await expect(start({ CLICKHOUSE_CLUSTER: '', CLICKHOUSE_URL: url })).rejects.toThrow(
      `The clicks of the database ${first.database.name} are in a Distributed table: set CLICKHOUSE_CLUSTER.`,
    );
  });

  test('with a cluster that the servers do not know', async () => {
    await expect(start({ CLICKHOUSE_CLUSTER: 'unknown' })).rejects.toThrow(
      'ClickHouse knows no cluster unknown (CLICKHOUSE_CLUSTER).',
    );
  });

  test('with a server that is no node of the cluster', async () => {
    const stranger = await startCluster({ shards: 1 });
    try {
      const url = stranger.nodes[0]?.server.url ?? '';
      await expect(start({ CLICKHOUSE_URL: `${nodeAt(0).server.url},${url}` })).rejects.toThrow(
        `CLICKHOUSE_URL names ${new URL(url).host}, which is not a node of the cluster ${CLUSTER}.`,
      );
    } finally {
      await stranger.stop();
    }
  });

  test('with shards in another order, which would count visitors twice', async () => {
    const settings = { CLICKHOUSE_CLUSTER: OTHER_ORDER };
    await expect(start(settings)).rejects.toThrow(
      /^The cluster spoor_test_turned has other shards than its clicks are distributed over \(127\.0\.0\.1:\d+: Shard [12]\. Clicks are dealt to shards 1, 2 by visitor\.\) Restore the shards/,
    );
  });
});

function nodeAt(index: number): ClusterNode {
  const node = cluster.nodes[index];
  if (node === undefined) throw new Error('There is no such node.');
  return node;
}
