import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { Database } from '../../src/clickhouse/database.ts';
import { EmbeddedClickHouse } from '../../src/clickhouse/embedded.ts';
import { migrate, readMigrations } from '../../src/clickhouse/migrations.ts';
import { runCommand } from '../support/commands.ts';
import { showFigures } from '../support/figures.ts';
import { SpoorProcess, endProcesses, killEngines, newFolder, startServer } from '../support/process.ts';
import { SEED, seededRandom } from '../support/random.ts';
import { ADMIN_KEY } from '../support/spoor.ts';

afterEach(endProcesses);

/** In each, so many of the steps are killed. */
const KILLS = Number(process.env['SPOOR_TEST_KILLS'] ?? 3);
const ROUNDS = Number(process.env['SPOOR_TEST_ROUNDS'] ?? 1);
const STEPS = ['upgrade', 'import', 'undo', 'erase', 'restore'] as const;
type Step = (typeof STEPS)[number];

/** Directories of releases that had no migration of that number or above are upgraded. */
const UPGRADED_FROM = ['007', '008', '009', '010', '011', '012', '013'];
const OWNER = 'me';
const CODES = 20;
const OLD_CLICKS = 4_000;
const ERASED = { code: 'old-7', clicks: OLD_CLICKS / CODES };
const LINES = 6_000;
const EXPORT_ID = '0197f0000000';
const SETTINGS = { SPOOR_ADMIN_KEY: ADMIN_KEY, SPOOR_RATE_LIMITS: 'off', SPOOR_SCHEDULES: 'off' };

/** Clicks of several months, so that they lie in several parts, which are marked one after the other. */
const FILE = Array.from({ length: LINES }, (_, place) => {
  const clicked_at = Date.UTC(2026, place % 6, 1 + (place % 28), 12, 0, 0, place % 1_000);
  const click = { short_code: `new-${place % CODES}`, clicked_at, ip: `192.0.2.${place % 250}` };
  return `${JSON.stringify({ ...click, city: `city ${place}` })}\n`;
}).join('');

test(`an upgrade, an import, its undo, an erasure or a restore that is killed at any moment was done or was not, and can be done again (SPOOR_TEST_SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  const { lasted, answers, backup, restored } = await undisturbed();
  const interrupted: Partial<Record<Step, number>> = {};

  /** Kills a process, and in half of the cases its engine, at some moment of its work. */
  const kill = async (step: Step, server: SpoorProcess, dataDir: string, work: Promise<unknown>) => {
    let isDone = false;
    const done = work.then(() => (isDone = true));
    await Promise.race([done, delay(random(Math.ceil(lasted[step])))]);
    if (!isDone) interrupted[step] = (interrupted[step] ?? 0) + 1;
    server.signal('SIGKILL');
    if (random(2) === 0) killEngines(dataDir);
    await server.ended;
  };

  for (let round = 0; round < ROUNDS; round++) {
    const steps = new Set<Step>();
    while (steps.size < KILLS) steps.add(STEPS[random(STEPS.length)] ?? 'upgrade');
    const release = UPGRADED_FROM[random(UPGRADED_FROM.length)] ?? '';
    const dataDir = await olderDataDir(release);
    const settings = { ...SETTINGS, SPOOR_DATA_DIR: dataDir };
    if (steps.has('upgrade')) {
      const first = new SpoorProcess(['serve'], settings);
      await kill(
        'upgrade',
        first,
        dataDir,
        first.listening().catch(() => {}),
      );
    }
    let { server, url } = await startServer(settings);
    /** The outcome of a request during which the server may be killed; another serves then. @returns its status, if it came */
    const killed = async (
      step: Step,
      request: () => Promise<Reply | undefined>,
    ): Promise<number | undefined> => {
      const reply = request();
      if (!steps.has(step)) return (await reply)?.status;
      await kill(step, server, dataDir, reply);
      ({ server, url } = await startServer(settings));
      return (await reply)?.status;
    };
    expect([release, await answersOf(url)]).toEqual([release, answers]);
    const { items: exports } = await read(url, 'exports');
    expect(exports.map(({ id }: any) => id)).toEqual(release < '009' ? [] : [EXPORT_ID]);

    const imported = await killed('import', () => importFile(url));
    const added = await clicksOf(url, 'new-');
    if (imported === 200) expect(added).toBe(LINES);
    const { items: imports } = await read(url, 'imports');
    expect(imports.filter(({ state }: any) => !['done', 'failed'].includes(state))).toEqual([]);
    const again = await importFile(url);
    expect(again?.json).toMatchObject({ known: added, accepted: LINES - added });
    expect([await clicksOf(url, 'new-'), await clicksOf(url, 'old-')]).toEqual([LINES, OLD_CLICKS]);

    // The one that has added more.
    const undone = added > LINES / 2 ? imports[0].id : again?.json.id;
    const left = Math.min(added, LINES - added);
    const undo = await killed('undo', () => send(url, 'DELETE', `imports/${undone}`));
    expect(undo === 200 ? [left] : [LINES, left]).toContain(await clicksOf(url, 'new-'));
    expect((await send(url, 'DELETE', `imports/${undone}`))?.status).toBe(200);
    expect([await clicksOf(url, 'new-'), await clicksOf(url, 'old-')]).toEqual([left, OLD_CLICKS]);

    const erased = await killed('erase', () => erase(url));
    expect(erased === 200 ? [0] : [0, ERASED.clicks]).toContain(await clicksOf(url, ERASED.code));
    expect((await erase(url))?.status).toBe(200);
    const remaining = [await clicksOf(url, 'new-'), await clicksOf(url, 'old-')];
    expect(remaining).toEqual([left, OLD_CLICKS - ERASED.clicks]);
    await stop(server);

    if (!steps.has('restore')) continue;
    const into = { ...SETTINGS, SPOOR_DATA_DIR: newFolder() };
    const restoring = new SpoorProcess(['restore', backup], into);
    await kill('restore', restoring, into.SPOOR_DATA_DIR, restoring.ended);
    if (random(2) === 0) {
      const served = await startServer(into);
      expect([0, restored.clicks]).toContain((await answersOf(served.url)).clicks);
      await stop(served.server);
    }
    const { stderr } = await runCommand(['restore', backup], into);
    expect(stderr).toMatch(/^Restored |already has clicks/);
    const served = await startServer(into);
    expect(await answersOf(served.url)).toEqual(restored);
    await stop(served.server);
  }
  showFigures({ seed: SEED, kills: ROUNDS * KILLS, ...interrupted });
}, 3_600_000);

/** What the steps come to, and how long they take, milliseconds, when nobody is killed. */
async function undisturbed() {
  const settings = { ...SETTINGS, SPOOR_DATA_DIR: await olderDataDir(UPGRADED_FROM[0] ?? '') };
  const lasted: Record<Step, number> = { upgrade: 0, import: 0, undo: 0, erase: 0, restore: 0 };
  const timed = async <T>(step: Step, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work();
    lasted[step] = performance.now() - began;
    return result;
  };
  const { server, url } = await timed('upgrade', () => startServer(settings));
  const answers = await answersOf(url);
  expect(answers.clicks).toBe(OLD_CLICKS);
  const imported = await timed('import', () => importFile(url));
  await timed('undo', () => send(url, 'DELETE', `imports/${imported?.json.id}`));
  await timed('erase', () => erase(url));
  const restored = await answersOf(url);
  expect(restored.clicks).toBe(OLD_CLICKS - ERASED.clicks);
  const backup = join(newFolder(), 'backup.tar');
  expect((await runCommand(['backup', backup], settings)).code).toBe(0);
  await stop(server);
  // It too starts an engine and makes tables.
  lasted.restore = lasted.upgrade;
  return { lasted, answers, backup, restored };
}

/** A data directory of a release before that migration, with clicks and what else it knew. */
async function olderDataDir(release: string): Promise<string> {
  const dataDir = newFolder();
  const engine = await EmbeddedClickHouse.start(dataDir);
  const database = new Database(engine.server, 'spoor');
  const server = new Database(engine.server, 'default');
  try {
    const older = readMigrations().filter(({ name }) => name < release);
    await migrate(database, server, older, { isAlone: true });
    await database.commandText(`INSERT INTO urls (short_code, owner_id, created_at, private_stats, tags, version)
      SELECT concat('old-', toString(number)), '${OWNER}', '2025-01-01', true, ['kept'], 1 FROM numbers(${CODES})`);
    await database.commandText(`INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, city)
      SELECT '${OWNER}', concat('old-', toString(number % ${CODES})),
        toDateTime('2025-01-15 12:00:00', 'UTC') + (number % 300) * 86400, number % 777, concat('city ', toString(number % 13))
      FROM numbers(${OLD_CLICKS})`);
    await database.commandText(`INSERT INTO segments (owner_id, name, filters, changed_at, version)
      VALUES ('admin', 'kept', '{"browser":["Firefox"]}', '2025-01-01', 1)`);
    if (release >= '009') {
      await database.commandText(`INSERT INTO export_jobs (id, owner_id, export_order, state, created_at, expires_at, version)
        VALUES ('${EXPORT_ID}', 'admin', '${ORDER}', 'failed', now(), now() + INTERVAL 7 DAY, 1)`);
    }
  } finally {
    await database.close();
    await server.close();
    await engine.stop();
  }
  return dataDir;
}

const ORDER = JSON.stringify({ what: 'stats', format: 'csv', destination: null, fileName: null, scopes: [] });

async function stop(server: SpoorProcess): Promise<void> {
  server.signal('SIGTERM');
  expect((await server.ended).code).toBe(0);
}

interface Reply {
  readonly status: number;
  readonly json: any;
}

/** @returns undefined where the connection broke */
async function send(url: string, method: string, path: string, body?: string): Promise<Reply | undefined> {
  const headers = {
    authorization: `Bearer ${ADMIN_KEY}`,
    ...(body !== undefined && {
      'content-type': path === 'clicks' ? 'application/json' : 'application/x-ndjson',
    }),
  };
  try {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers,
      ...(body !== undefined && { body }),
    });
    return { status: response.status, json: await response.json() };
  } catch {
    return undefined;
  }
}

const importFile = (url: string) => send(url, 'POST', `imports?owner=${OWNER}&file=new`, FILE);

const erase = (url: string) => send(url, 'DELETE', 'clicks', JSON.stringify({ short_code: ERASED.code }));

/** @throws Error unless it is there */
async function read(url: string, path: string): Promise<any> {
  const reply = await send(url, 'GET', path);
  if (reply?.status !== 200) throw new Error(`${path}: ${reply?.status} ${JSON.stringify(reply?.json)}`);
  return reply.json;
}

/** Statistics of all codes that begin so; of one where it is one. */
async function statsOf(url: string, code: string) {
  const query = new URLSearchParams({
    owner_id: OWNER,
    start_date: '2025-01-01',
    end_date: '2026-07-01',
    group_by: 'short_code,city',
    filters: JSON.stringify({ short_code: code.endsWith('-') ? { starts_with: [code] } : [code] }),
  });
  const { summary, metrics } = await read(url, `stats?${query.toString()}`);
  return { summary, metrics };
}

const clicksOf = async (url: string, code: string): Promise<number> =>
  (await statsOf(url, code)).summary.total_clicks;

async function answersOf(url: string) {
  const stats = await statsOf(url, 'old-');
  const [urls, segments] = [await read(url, 'urls'), await read(url, 'segments')];
  return { clicks: stats.summary.total_clicks, stats, urls, segments };
}
