import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient } from '../../src/cli/client.ts';
import { EmbeddedClickHouse } from '../../src/clickhouse/embedded.ts';
import { runCommand, runCommands } from '../support/commands.ts';
import {
  type Ended,
  SpoorProcess,
  endProcesses,
  newFolder,
  processesNaming,
  startServer,
  waitUntil,
} from '../support/process.ts';
import { ADMIN_KEY, clickHouseSettings, startSpoor } from '../support/spoor.ts';

afterAll(endProcesses);

interface Serving {
  readonly settings: { readonly SPOOR_DATA_DIR: string; readonly SPOOR_ADMIN_KEY: string };
  readonly server: SpoorProcess;
  readonly url: string;
}

/** Settings of a server on a new data directory, not made yet. */
function newSettings(): Serving['settings'] {
  return { SPOOR_DATA_DIR: join(newFolder(), 'data'), SPOOR_ADMIN_KEY: ADMIN_KEY };
}

/** The server that a test has left running for the next one; a test that ends it leaves the one it started after that. */
let left: Serving | undefined;

async function begin(settings = newSettings()): Promise<Serving> {
  left = { settings, ...(await startServer(settings)) };
  return left;
}

/** What is served before anything is changed, and how many clicks it has. */
async function serving(): Promise<Serving & { readonly clicks: number }> {
  const one = left ?? (await begin());
  return { ...one, clicks: await total(one.url) };
}

/** Starts anew what has ended. */
const again = ({ settings }: Serving): Promise<Serving> => begin(settings);

/** Sends a signal, of which the server ends as it should and its engine with it; answers what it printed as errors. */
async function stopped(
  { server, settings }: Pick<Serving, 'server'> & { readonly settings: { readonly SPOOR_DATA_DIR: string } },
  signal: NodeJS.Signals,
  to: 'server' | 'group' = 'server',
): Promise<string> {
  if (left?.server === server) left = undefined;
  if (to === 'group') server.signalGroup(signal);
  else server.signal(signal);
  const { code, signal: endedBy, stderr } = await server.ended;
  expect([code, endedBy]).toEqual([0, null]);
  expect(processesNaming(settings.SPOOR_DATA_DIR)).toEqual([]);
  return stderr;
}

async function post(url: string, ndjson: string): Promise<unknown> {
  return createClient(url, ADMIN_KEY).request('POST', '/api/v1/clicks', {
    body: ndjson,
    headers: { 'content-type': 'application/x-ndjson' },
  });
}

async function postFive(url: string): Promise<void> {
  for (let click = 0; click < 5; click++) await post(url, `{"short_code":"a","click_id":"${click}"}`);
}

/** All clicks there are. */
async function total(url: string): Promise<number> {
  const query = { owner_id: '*', start_date: '2000-01-01', group_by: 'browser', metrics: 'clicks' };
  const answer: any = await createClient(url, ADMIN_KEY).request('GET', '/api/v1/stats', { query });
  return answer.summary.total_clicks;
}

describe('a server on its own engine', () => {
  test('starts on an empty directory, keeps its files to itself, and answers', async () => {
    const { settings, url, clicks } = await serving();
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    expect(await post(url, '{"short_code":"a"}')).toEqual({ accepted: 1, rejected: [] });
    expect(await total(url)).toBe(clicks + 1);

    const modeOf = (name: string) => statSync(join(settings.SPOOR_DATA_DIR, name)).mode & 0o777;
    expect(modeOf('.')).toBe(0o700);
    const files = readdirSync(settings.SPOOR_DATA_DIR).filter((name) => name !== 'clickhouse');
    expect(files).toEqual(expect.arrayContaining(['clickhouse-password', 'control.json', 'visitor-secret']));
    const folders = ['exports', 'spool'];
    for (const name of files)
      expect([name, modeOf(name)]).toEqual([name, folders.includes(name) ? 0o700 : 0o600]);
  });

  describe('that is started, stopped, and started again', () => {
    const dataDir = join(newFolder(), 'data');
    const settings = { SPOOR_DATA_DIR: dataDir, LOG_LEVEL: 'trace' };
    const file = join(dataDir, 'control.json');
    const starts: { readonly token: string; readonly stdout: string; readonly stderr: string }[] = [];
    let keys: { readonly status: number; readonly text: string } | undefined;
    let isControlLeft: boolean;
    let isPortLeft: boolean;
    const start = async (signal: NodeJS.Signals, use: (url: string, token: string) => Promise<unknown>) => {
      const { server, url } = await startServer(settings);
      const { token } = JSON.parse(readFileSync(file, 'utf8'));
      await use(url, token);
      const stderr = await stopped({ server, settings }, signal);
      starts.push({ token, stdout: server.stdout, stderr });
    };
    beforeAll(async () => {
      await start('SIGTERM', async (url, token) => {
        await createClient(url, token).request('POST', '/api/v1/clicks', {
          json: { short_code: 'a', ip: '203.0.113.77', user_agent: 'Telltale/1' },
        });
        await fetch(`${url}/health`, { headers: { 'user-agent': 'Asker/2' } });
      });
      isControlLeft = existsSync(file);
      const brokenOff = join(dataDir, 'clickhouse-port.1.broken-off');
      writeFileSync(brokenOff, '1\n');
      await start('SIGINT', async (url) => {
        isPortLeft = existsSync(brokenOff);
        const authorization = `Bearer ${/(spoo_\S+)/.exec(starts[0]?.stderr ?? '')?.[1]}`;
        const response = await fetch(`${url}/api/v1/keys`, { headers: { authorization } });
        keys = { status: response.status, text: await response.text() };
      });
    });

    test('logs neither keys nor addresses nor user agents', () => {
      for (const { stdout } of starts) {
        expect(stdout).toContain('"msg":"listening"');
        for (const text of ['spoo_', '203.0.113.77', 'Telltale', 'Asker', '127.0.0.1 ']) {
          expect(stdout).not.toContain(text);
        }
      }
    });

    test('prints a first administrator key once, which is valid from then on', () => {
      const [, key] = /(spoo_\S+)/.exec(starts[0]?.stderr ?? '') ?? [];
      expect(key).toBeDefined();
      expect(starts[1]?.stderr).toBe('');
      expect(keys?.status).toBe(200);
      expect(keys?.text).not.toContain(key);
    });

    test('makes its control token anew, and leaves no file of the start behind', () => {
      expect(new Set(starts.map(({ token }) => token)).size).toBe(2);
      expect([isControlLeft, existsSync(file), isPortLeft]).toEqual([false, false, false]);
    });
  });

  test('a second server on the same directory ends with one line that names it', async () => {
    const { settings, url } = await serving();
    const second = await runCommand(['serve'], settings);
    expect(second.code).toBe(1);
    expect(second.stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(settings.SPOOR_DATA_DIR)]);
    expect((await fetch(`${url}/ready`)).status).toBe(200);
  });

  test('two that start at once on a new directory: one serves until SIGTERM to its group, the other says why not', async () => {
    const settings = newSettings();
    const both = [new SpoorProcess(['serve'], settings), new SpoorProcess(['serve'], settings)];
    const loser = await Promise.race(both.map(async (one) => ({ one, end: await one.ended })));
    expect(loser.end.code).toBe(1);
    expect(loser.end.stderr).toMatch(/^[^\n]+\n$/);
    expect(loser.end.stderr).toContain(settings.SPOOR_DATA_DIR);
    const winner = both.find((one) => one !== loser.one);
    if (winner === undefined) throw new Error('Both ended.');
    expect((await fetch(`${await winner.listening()}/ready`)).status).toBe(200);
    expect(await stopped({ server: winner, settings }, 'SIGTERM', 'group')).toBe('');
  });
});

describe('a stop', () => {
  test('finishes a request under way first, whose clicks are there at the next start', async () => {
    const one = await serving();
    const upload = request(`${one.url}/api/v1/clicks`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        'content-type': 'application/x-ndjson',
        expect: '100-continue',
      },
    });
    const answered = once(upload, 'response');
    upload.flushHeaders();
    await once(upload, 'continue');
    const end = stopped(one, 'SIGTERM');
    await one.server.logged('stopping');
    upload.end('{"short_code":"late"}\n');
    const [response] = await answered;
    expect(response.statusCode).toBe(200);
    response.resume();
    expect(await end).toBe('');
    expect(await total((await again(one)).url)).toBe(one.clicks + 1);
  });

  test('by a signal while the server is still starting ends its engine too', async () => {
    const settings = newSettings();
    const server = new SpoorProcess(['serve'], settings);
    await waitUntil('the engine', () => processesNaming(settings.SPOOR_DATA_DIR).length > 0);
    server.signalGroup('SIGINT');
    expect(await server.ended).toMatchObject({ code: 0, signal: null });
    await waitUntil('the engine to end', () => processesNaming(settings.SPOOR_DATA_DIR).length === 0);
  });

  test('while a killed engine is started again ends both', async () => {
    const one = await serving();
    for (const pid of processesNaming(one.settings.SPOOR_DATA_DIR)) process.kill(pid, 'SIGKILL');
    await one.server.logged('the embedded ClickHouse has stopped; restarting it');
    await stopped(one, 'SIGTERM');
  });
});

describe('a crash', () => {
  test('kill -9 of the server: its engine ends, and the next start has every acknowledged click', async () => {
    const one = await serving();
    await postFive(one.url);
    one.server.signal('SIGKILL');
    await one.server.ended;
    await waitUntil('the engine to end', () => processesNaming(one.settings.SPOOR_DATA_DIR).length === 0);
    expect(await total((await again(one)).url)).toBe(one.clicks + 5);
  });

  test('kill -9 of server and engine at once: the next start has every acknowledged click', async () => {
    const one = await serving();
    await postFive(one.url);
    const engines = processesNaming(one.settings.SPOOR_DATA_DIR);
    expect(engines).toHaveLength(1);
    for (const pid of engines) process.kill(pid, 'SIGKILL');
    one.server.signal('SIGKILL');
    await one.server.ended;
    // Without waiting for anything: a start right behind a crash must find its way.
    expect(await total((await again(one)).url)).toBe(one.clicks + 5);
  });

  test('an engine that is killed comes back, until SIGINT to the group; meanwhile answers are errors, never zeros', async () => {
    const one = await serving();
    const { settings, url, clicks } = one;
    await post(url, '{"short_code":"a"}');
    const killed = processesNaming(settings.SPOOR_DATA_DIR);
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    await waitUntil(
      'the engine to end',
      () => !processesNaming(settings.SPOOR_DATA_DIR).includes(killed[0] ?? 0),
    );
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    await waitUntil('the engine to come back', async () => {
      expect((await fetch(`${url}/health`)).status).toBe(200);
      const stats = await fetch(`${url}/api/v1/stats?owner_id=*`, { headers });
      if (stats.ok) {
        const { summary }: any = await stats.json();
        expect(summary.total_clicks).toBe(clicks + 1);
        return true;
      }
      expect(stats.status).toBe(503);
      expect(stats.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      return false;
    });
    await post(url, '{"short_code":"a"}');
    expect(await total(url)).toBe(clicks + 2);
    expect(await stopped(one, 'SIGINT', 'group')).toBe('');
  });
});

/** Whether each thread of a process is stopped: a signal reaches those that run a moment later. */
function standsStill(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) =>
    /\) T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
  );
}

describe('an engine in trouble', () => {
  test('one that hangs: not ready, requests are answered 503, and it goes on when it wakes', async () => {
    const { settings, url, clicks } = await serving();
    const [engine = 0] = processesNaming(settings.SPOOR_DATA_DIR);
    process.kill(engine, 'SIGSTOP');
    try {
      await waitUntil('the engine to stand still', () => standsStill(engine));
      const headers = { authorization: `Bearer ${ADMIN_KEY}` };
      const asked = fetch(`${url}/api/v1/urls/none`, { headers });
      // The engine stays stopped: answered at all is answered without it.
      expect((await fetch(`${url}/ready`)).status).toBe(503);
      expect((await fetch(`${url}/health`)).status).toBe(200);
      const { status, headers: answered } = await asked;
      expect(status).toBe(503);
      expect(answered.get('retry-after')).toMatch(/^[1-9]\d*$/);
    } finally {
      process.kill(engine, 'SIGCONT');
    }
    await waitUntil('the engine to answer', async () => (await fetch(`${url}/ready`)).ok);
    await post(url, '{"short_code":"a"}');
    expect(await total(url)).toBe(clicks + 1);
  });

  test('one that no start brings back is given up in one line', async () => {
    const { settings, server } = await serving();
    left = undefined;
    const [engine = 0] = processesNaming(settings.SPOOR_DATA_DIR);
    // Where its files were there is no directory any more.
    renameSync(join(settings.SPOOR_DATA_DIR, 'clickhouse'), join(settings.SPOOR_DATA_DIR, 'gone'));
    writeFileSync(join(settings.SPOOR_DATA_DIR, 'clickhouse'), '');
    process.kill(engine, 'SIGKILL');
    const { code, stdout, stderr } = await server.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^spoor: The embedded ClickHouse [^\n]+\n$/);
    const restarts = stdout.split('\n').filter((line) => line.includes('restarting it'));
    expect(restarts).toHaveLength(5);
  });
});

describe('a stranger on this machine', () => {
  let engine: EmbeddedClickHouse;
  let folder: string;
  beforeAll(async () => {
    folder = newFolder();
    engine = await EmbeddedClickHouse.start(folder);
    expect((await asSpoor('CREATE TABLE secrets (a String) ENGINE = MergeTree ORDER BY a')).status).toBe(200);
    expect((await asSpoor("INSERT INTO secrets VALUES ('hidden')")).status).toBe(200);
  });
  afterAll(async () => {
    await engine.stop();
  });
  const ask = (query: string, path: string, headers: Record<string, string>) =>
    fetch(engine.server.url + path, { method: 'POST', body: query, headers });
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });
  const asSpoor = (query: string) => ask(query, '/', basic('spoor', engine.server.password));

  const strangers: readonly [string, string, () => Record<string, string>][] = [
    ['the user default without a password', '/', () => ({})],
    ['default in the query string', '/?user=default', () => ({})],
    ['default behind the header of spoor', '/?user=default', () => basic('spoor', 'guessed')],
    ['spoor with a wrong password', '/', () => basic('spoor', 'guessed')],
    ['spoor without a password', '/?user=spoor', () => ({})],
    ['nobody known', '/', () => basic('admin', 'admin')],
  ];
  const forbidden = [
    'SELECT * FROM secrets',
    "INSERT INTO secrets VALUES ('forged')",
    'DROP TABLE secrets',
    'CREATE TABLE mine (a String) ENGINE = MergeTree ORDER BY a',
    'CREATE DATABASE mine',
    'SELECT * FROM system.users',
    'SELECT query FROM system.processes',
    "SELECT * FROM url('http://127.0.0.1:9/', 'LineAsString')",
    "SELECT * FROM file('/etc/hostname', 'LineAsString')",
    "INSERT INTO FUNCTION file('/tmp/spoor-stranger', 'LineAsString') VALUES ('x')",
    'SYSTEM SHUTDOWN',
    'SYSTEM STOP LISTEN HTTP',
  ];

  test.each(strangers)('%s can do nothing', async (_, path, headers) => {
    const allowed: string[] = [];
    for (const query of [
      ...forbidden,
      `SELECT * FROM file('${folder}/clickhouse-password', 'LineAsString')`,
    ]) {
      const answer = await ask(query, path, headers()).catch(() => undefined);
      if (answer === undefined || answer.ok) allowed.push(query);
    }
    expect(allowed).toEqual([]);
    expect(await (await asSpoor('SELECT * FROM secrets')).text()).toBe('hidden\n');
  });
});

describe('with CLICKHOUSE_URL', () => {
  test('nothing embedded starts, and the data directory gets no file of an engine', async () => {
    const other = await startSpoor();
    try {
      const settings = {
        ...newSettings(),
        ...clickHouseSettings(),
        CLICKHOUSE_DATABASE: other.database.name,
        SPOOR_VISITOR_SECRET: 'a secret of the tests',
      };
      const { server, url } = await startServer(settings);
      await post(url, '{"short_code":"a"}');
      expect(await total(url)).toBe(1);
      expect(readdirSync(settings.SPOOR_DATA_DIR).toSorted()).toEqual([
        'control.json',
        'exports',
        'instance-id',
        'spool',
      ]);
      const kids = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
      expect(kids.trim()).toBe('');
      const maps = readFileSync(`/proc/${server.pid}/maps`, 'utf8');
      expect(maps).not.toContain('libchdb');
      server.signal('SIGTERM');
      expect((await server.ended).code).toBe(0);
    } finally {
      await other.stop();
    }
  });
});

describe('a start that cannot be', () => {
  const wrong: readonly (readonly [string, Record<string, string>])[] = [
    ['HOST', { HOST: 'no such host!' }],
    ['PORT', { PORT: 'eighty' }],
    ['PORT', { PORT: '65536' }],
    ['PORT', { PORT: '-1' }],
    ['PORT', { PORT: '80.5' }],
    ['CLICKHOUSE_URL', { CLICKHOUSE_URL: 'nowhere', SPOOR_VISITOR_SECRET: 'x' }],
    ['CLICKHOUSE_URL', { CLICKHOUSE_URL: 'ftp://127.0.0.1', SPOOR_VISITOR_SECRET: 'x' }],
    ['CLICKHOUSE_DATABASE', { CLICKHOUSE_DATABASE: 'a; DROP' }],
    ['SPOOR_ADMIN_KEY', { SPOOR_ADMIN_KEY: 'spoo_short' }],
    ['SPOOR_ADMIN_KEY', { SPOOR_ADMIN_KEY: 'x'.repeat(40) }],
    ['SPOOR_VISITOR_SECRET', { CLICKHOUSE_URL: 'http://127.0.0.1:8123' }],
    ['SPOOR_GEOIP_DB', { SPOOR_GEOIP_DB: '/nowhere/city.mmdb' }],
    ['SPOOR_GEOIP_DB', { SPOOR_GEOIP_DB: process.execPath }],
    ['SPOOR_ASN_DB', { SPOOR_ASN_DB: '/nowhere/asn.mmdb' }],
    ['SPOOR_DATA_DIR', { SPOOR_DATA_DIR: '/proc/spoor' }],
    ['SPOOR_TRUST_PROXY', { SPOOR_TRUST_PROXY: 'some' }],
    ['SPOOR_RATE_LIMITS', { SPOOR_RATE_LIMITS: 'maybe' }],
    ['SPOOR_REDIS_URL', { SPOOR_REDIS_URL: 'localhost:6379' }],
    ['SPOOR_CORS_ORIGINS', { SPOOR_CORS_ORIGINS: 'app.example.com' }],
    ['SPOOR_CORS_ORIGINS', { SPOOR_CORS_ORIGINS: 'https://app.example.com/' }],
    ['SPOOR_CORS_ORIGINS', { SPOOR_CORS_ORIGINS: 'https://a.example, *' }],
    ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
  ];
  let results: readonly Ended[];
  beforeAll(async () => {
    results = await runCommands(
      wrong.map(([, settings]) => [['serve'], { SPOOR_DATA_DIR: '/nowhere/data', ...settings }]),
    );
  });

  test.each(wrong.map((row, place) => [...row, place] as const))(
    'a wrong %s is named in one line: %j',
    (name, _, place) => {
      expect(results[place]).toMatchObject({ code: 1, stdout: '' });
      expect(results[place]?.stderr).toMatch(/^[^\n]+\n$/);
      expect(results[place]?.stderr).toContain(name);
    },
  );

  test('no wrong setting gets so far as to make the data directory', () => {
    expect(existsSync('/nowhere')).toBe(false);
  });

  test('a data directory that is a file is named in one line', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    const { code, stderr } = await runCommand(['serve'], { SPOOR_DATA_DIR: file });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toContain('SPOOR_DATA_DIR');
  });

  test('a port in use is named in one line, and no engine stays behind', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const port = String(typeof address === 'object' ? address?.port : '');
    const settings = { ...newSettings(), PORT: port };
    const { code, stderr } = await runCommand(['serve'], settings);
    holder.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toContain(port);
    expect(processesNaming(settings.SPOOR_DATA_DIR)).toEqual([]);
  });
});
