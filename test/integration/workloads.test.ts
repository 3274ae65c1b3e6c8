import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Database } from '../../src/clickhouse/database.ts';
import { EmbeddedClickHouse } from '../../src/clickhouse/embedded.ts';
import { WORKLOADS, type WorkloadSettings } from '../../src/clickhouse/workloads.ts';
import { type WorkloadOptions, openWorkloads } from '../../src/clickhouse/open-workloads.ts';
import { namesOf } from '../../src/lib/names.ts';
import { param, sql } from '../../src/sql/sql.ts';
import { waitUntil } from '../support/process.ts';

const MIB = 1_048_576;
/** What the classes are shares of; the engine itself has more. */
const MEMORY = 1_000 * MIB;

interface Server {
  readonly engine: EmbeddedClickHouse;
  readonly bare: Database;
  readonly stop: () => Promise<void>;
}

async function startEngine(): Promise<Server> {
  const dataDir = mkdtempSync(join(tmpdir(), 'spoor-workloads-'));
  const engine = await EmbeddedClickHouse.start(dataDir);
  const bare = new Database(engine.server, 'default');
  const stop = async () => {
    await bare.close();
    await engine.stop(0);
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { engine, bare, stop };
}

/** Of all tests but those that change its workloads. */
let common: Server;
let engine: EmbeddedClickHouse;
let bare: Database;
let opened: Database[];

beforeAll(async () => {
  common = await startEngine();
});
afterAll(() => common.stop());

beforeEach(() => {
  ({ engine, bare } = common);
  opened = [];
});

afterEach(() => Promise.all(opened.map((database) => database.close())));

const OPTIONS: WorkloadOptions = {
  memory: MEMORY,
  limits: { cheapQueries: 8, expensiveQueries: 4, exports: 16 },
  isEmbedded: false,
};

async function open(settings?: WorkloadSettings): Promise<Database> {
  const told = settings ?? (await openWorkloads(bare, OPTIONS));
  const database = new Database(engine.server, 'default', () => {}, told);
  opened.push(database);
  return database;
}

/** Takes 8 bytes a number, and while the list of them grows three times as much. */
const hold = (numbers: number) =>
  sql`SELECT length(groupArray(number)) FROM numbers(${param('UInt64', numbers)})`;

/** A signal that any number of queries heed. */
function unlimited(controller: AbortController): AbortController {
  setMaxListeners(0, controller.signal);
  return controller;
}

/** Reads for as long as nobody ends it. */
const FOR_EVER = sql`SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(number)`;

async function workloadsAtWork(): Promise<readonly string[]> {
  const rows = await bare.rows<[string]>(sql`
    SELECT Settings['workload'] FROM system.processes WHERE query LIKE 'SELECT count() FROM numbers(1000%'`);
  return rows.map(([name]) => name);
}

test('a query runs in the workload of its class', async () => {
  const database = await open();
  const leaving = unlimited(new AbortController());
  const options = { signal: leaving.signal, maxSeconds: 60 };
  const running = namesOf(WORKLOADS).map((workload) => database.rows(FOR_EVER, { workload, ...options }));
  const ended = Promise.allSettled(running);
  const wanted = namesOf(WORKLOADS).map((workload) => `spoor_${workload}`);
  await waitUntil('a query of each class', async () => {
    const found = await workloadsAtWork();
    return wanted.every((name) => found.includes(name)) || undefined;
  });
  leaving.abort();
  await ended;
});

test('whatever dear questions do, cheap ones, look-ups and inserts go on', async () => {
  const database = await open();
  await database.commandText('CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n');
  const leaving = unlimited(new AbortController());
  const options = { workload: 'questions', signal: leaving.signal, maxSeconds: 60 } as const;
  const flood = Promise.allSettled(Array.from({ length: 12 }, () => database.rows(FOR_EVER, options)));
  await waitUntil('the flood', async () => (await workloadsAtWork()).length === 12 || undefined);
  await database.insert('t', ['n'], ['[1]']);
  expect(await database.rows(sql`SELECT n FROM t`, { workload: 'links' })).toEqual([[1]]);
  expect(await database.rows(sql`SELECT n FROM t`)).toEqual([[1]]);
  expect(await workloadsAtWork()).toHaveLength(12);
  leaving.abort();
  await flood;
});

test.each(namesOf(WORKLOADS))(
  'memory of one query of %s has a bound, and less is answered',
  async (workload) => {
    const settings = await openWorkloads(bare, OPTIONS);
    const numbers = Math.floor(Number(settings[workload]?.max_memory_usage) / 8);
    const database = await open(settings);
    expect(numbers).toBeLessThanOrEqual(MEMORY / 8 / 3);
    const options = { workload, maxSeconds: 60 } as const;
    await expect(database.rows(hold(numbers), options)).rejects.toMatchObject({
      code: 'query_timeout',
      retryAfter: undefined,
    });
    const few = Math.floor(numbers / 8);
    expect(await database.rows(hold(few), options)).toEqual([[few]]);
  },
);

describe('a server', () => {
  let own: Server;
  beforeEach(async () => {
    own = await startEngine();
    ({ engine, bare } = own);
  });
  afterEach(() => own.stop());

  test('that has workloads of its own gets ours below them', async () => {
    await bare.commandText('CREATE WORKLOAD all');
    await bare.commandText('CREATE RESOURCE cpu (MASTER THREAD, WORKER THREAD)');
    await open();
    const parents = await bare.rows(
      sql`SELECT name, parent FROM system.workloads WHERE parent IN ('', 'all') ORDER BY name`,
    );
    expect(parents).toEqual([
      ['all', ''],
      ['spoor', 'all'],
    ]);
  });

  test('whose administrator has changed ours keeps them', async () => {
    await open();
    await bare.commandText(
      'CREATE OR REPLACE WORKLOAD spoor_exports IN spoor SETTINGS max_concurrent_threads = 7',
    );
    await open();
    const [row] = await bare.rows<[string]>(sql`
      SELECT create_query FROM system.workloads WHERE name = 'spoor_exports'`);
    expect(row?.[0]).toContain('max_concurrent_threads = 7');
  });

  test('that does not let us make any answers all the same, and a query has its bounds', async () => {
    const mayRead = { statements: { readonly: '2' } } as const;
    const asGuest = new Database(engine.server, 'default', () => {}, {}, mayRead);
    opened.push(asGuest);
    const settings = await openWorkloads(asGuest, OPTIONS);
    for (const told of Object.values(settings)) expect(told).not.toHaveProperty('workload');
    const database = new Database(engine.server, 'default', () => {}, settings, mayRead);
    opened.push(database);
    expect(await database.rows(sql`SELECT 1`, { workload: 'strangers' })).toEqual([[1]]);
    const refused = database.rows(hold(MEMORY / 8), { workload: 'strangers' });
    await expect(refused).rejects.toMatchObject({ code: 'query_timeout' });
  });
});

describe('queries that nobody waits for any more', () => {
  /** More than the class has threads. */
  const MANY = Array.from({ length: 24 });

  test.each(['at work', 'not begun yet'])('%s have ended when they are given up', async (state) => {
    const database = await open();
    const leaving = unlimited(new AbortController());
    const options = { workload: 'questions', signal: leaving.signal, maxSeconds: 60 } as const;
    const ended = Promise.allSettled(MANY.map(() => database.rows(FOR_EVER, options)));
    if (state === 'at work') {
      await waitUntil('all queries', async () => (await workloadsAtWork()).length === MANY.length);
    }
    leaving.abort(new Error('left'));
    const outcomes = await ended;
    expect(await workloadsAtWork()).toEqual([]);
    expect(
      new Set(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.message)),
    ).toEqual(new Set(['left']));
  });

  test('exports say when they have ended', async () => {
    const database = await open();
    const leaving = unlimited(new AbortController());
    const rows = sql`SELECT toString(number) FROM numbers(1000000000000)`;
    const ends: Promise<void>[] = [];
    for (let begun = 0; begun < 4; begun++) {
      await database.text(rows, leaving.signal, { ended: (end) => void ends.push(end) });
    }
    leaving.abort(new Error('left'));
    expect(ends).toHaveLength(4);
    await Promise.all(ends);
    expect(
      await bare.rows(sql`SELECT 1 FROM system.processes WHERE query LIKE '%numbers(1000%RawBLOB'`),
    ).toEqual([]);
  });
});
