import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createClient } from '../../src/cli/client.ts';
import { runCommand, runCommands } from '../support/commands.ts';
import {
  SpoorProcess,
  endProcesses,
  killEngines,
  newFolder,
  processesNaming,
  startServer,
  waitUntil,
} from '../support/process.ts';
import { SEED, seededRandom } from '../support/random.ts';
import { ADMIN_KEY, clickHouseSettings } from '../support/spoor.ts';

afterEach(endProcesses);

const ONE_LINE = /^spoor: [^\n]+\n$/;

/** Settings of a server on a data directory that is there and empty. */
function newSettings(): { SPOOR_DATA_DIR: string; SPOOR_ADMIN_KEY: string } {
  const dataDir = join(newFolder(), 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  return { SPOOR_DATA_DIR: dataDir, SPOOR_ADMIN_KEY: ADMIN_KEY };
}

describe('a data directory that cannot be used ends the start with one line, and leaves no engine', () => {
  const spoilt: readonly (readonly [string, string, (path: string) => void])[] = [
    ['an empty password of the engine', 'clickhouse-password', (path) => writeFileSync(path, '')],
    ['a cut password of the engine', 'clickhouse-password', (path) => writeFileSync(path, 'abc\n')],
    ['a password that is a directory', 'clickhouse-password', (path) => mkdirSync(path)],
    ['an empty visitor secret', 'visitor-secret', (path) => writeFileSync(path, '')],
    ['a cut visitor secret', 'visitor-secret', (path) => writeFileSync(path, 'abc\n')],
    ['a visitor secret that is a directory', 'visitor-secret', (path) => mkdirSync(path)],
    ['a control file that is a directory', 'control.json', (path) => mkdirSync(path)],
    ['an engine folder that is a file', 'clickhouse', (path) => writeFileSync(path, '')],
    ['a log that is a directory', 'clickhouse.log', (path) => mkdirSync(path)],
    ['an output that is a directory', 'clickhouse-output.log', (path) => mkdirSync(path)],
  ];

  test.each(spoilt)('%s', async (_, name, spoil) => {
    const settings = newSettings();
    const path = join(settings.SPOOR_DATA_DIR, name);
    spoil(path);
    const { code, stderr } = await runCommand(['serve'], { ...settings, LOG_LEVEL: 'silent' });
    expect([code, stderr]).toEqual([1, expect.stringMatching(ONE_LINE)]);
    expect(stderr).toContain(`SPOOR_DATA_DIR: ${path} `);
    expect(processesNaming(settings.SPOOR_DATA_DIR)).toEqual([]);
  });

  test('so does a folder for exports', async () => {
    const settings = newSettings();
    const file = join(settings.SPOOR_DATA_DIR, '..', 'no-folder');
    writeFileSync(file, '');
    for (const folder of [file, join(file, 'below')]) {
      const { code, stderr } = await runCommand(['serve'], { ...settings, SPOOR_EXPORT_DIR: folder });
      expect([code, stderr]).toEqual([1, expect.stringMatching(ONE_LINE)]);
      expect(stderr).toContain(`SPOOR_EXPORT_DIR: ${folder}`);
    }
    expect(processesNaming(settings.SPOOR_DATA_DIR)).toEqual([]);
  });

  test('every command that starts an engine says the same', async () => {
    const settings = newSettings();
    const password = join(settings.SPOOR_DATA_DIR, 'clickhouse-password');
    writeFileSync(password, '');
    const file = join(settings.SPOOR_DATA_DIR, '..', 'clicks.ndjson');
    writeFileSync(file, '{"short_code":"a"}\n');
    const commands = [
      ['serve'],
      ['demo'],
      ['migrate'],
      ['seed', '--clicks', '10'],
      ['import', file],
      ['stats'],
      ['keys', 'list'],
      ['urls', 'list'],
      ['erase', '--short-code', 'a', '--yes'],
      ['backup', join(settings.SPOOR_DATA_DIR, '..', 'backup.tar')],
      ['restore', file],
    ];
    for (const { code, stdout, stderr } of await runCommands(
      commands.map((command) => [command, settings]),
    )) {
      expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(ONE_LINE)]);
      expect(stderr).toContain(`SPOOR_DATA_DIR: ${password} contains no complete secret`);
    }
    expect(readFileSync(password, 'utf8')).toBe('');
  });

  test('the administrator’s key is made by the first start that does not fail', async () => {
    const { SPOOR_DATA_DIR } = newSettings();
    const control = join(SPOOR_DATA_DIR, 'control.json');
    mkdirSync(control);
    const failed = await runCommand(['serve'], { SPOOR_DATA_DIR });
    expect([failed.code, failed.stderr]).toEqual([1, expect.not.stringContaining('spoo_')]);
    rmdirSync(control);
    const { server, url } = await startServer({ SPOOR_DATA_DIR });
    server.signal('SIGTERM');
    const [, key] = /(spoo_\S+)/.exec((await server.ended).stderr) ?? [];
    expect([url, key]).toEqual([expect.anything(), expect.anything()]);
  });
});

/** A port that takes connections and never says a word. */
async function silentPort(): Promise<{ readonly url: string; readonly connections: () => number }> {
  let connections = 0;
  const silent = createServer(() => connections++).listen(0, '127.0.0.1');
  silent.unref();
  await once(silent, 'listening');
  const address = silent.address();
  if (typeof address !== 'object' || address === null) throw new Error('There is no port.');
  return { url: `http://127.0.0.1:${address.port}`, connections: () => connections };
}

test('a data directory of any name serves, whatever control file lies there, backs up and restores', async () => {
  const folder = join(newFolder(), `a&b <c> 'd' "e" ünï-日本 f;g\\h $x {*} %41 &amp;`);
  const settings = { SPOOR_DATA_DIR: join(folder, 'data'), SPOOR_ADMIN_KEY: ADMIN_KEY };
  const silent = await silentPort();
  const control = join(settings.SPOOR_DATA_DIR, 'control.json');
  mkdirSync(settings.SPOOR_DATA_DIR, { recursive: true, mode: 0o700 });
  writeFileSync(control, JSON.stringify({ url: silent.url, token: 'left behind', pid: process.pid }));
  const { server, url } = await startServer(settings);
  // The directory is free, so nobody is asked.
  expect(silent.connections()).toBe(0);
  expect(JSON.parse(readFileSync(control, 'utf8')).url).toBe(url);
  await createClient(url, ADMIN_KEY).request('POST', '/api/v1/clicks', { json: { short_code: 'a' } });
  const archive = join(folder, 'backup.tar');
  expect(await runCommand(['backup', archive], settings)).toMatchObject({ code: 0 });
  server.signal('SIGTERM');
  expect((await server.ended).code).toBe(0);
  const restored = { ...settings, SPOOR_DATA_DIR: join(folder, 'restored') };
  expect(await runCommand(['restore', archive], restored)).toMatchObject({ code: 0 });
  const { stdout } = await runCommand(['stats', '--owner', '*', '--json'], restored);
  expect(JSON.parse(stdout).summary.total_clicks).toBe(1);
});

test.each(['serve', 'stats'])(
  '%s begins when the process that wrote the control file is gone',
  async (command) => {
    const settings = newSettings();
    const silent = await silentPort();
    const { pid } = spawnSync('true');
    const control = { url: silent.url, token: 'left behind', pid };
    writeFileSync(join(settings.SPOOR_DATA_DIR, 'control.json'), JSON.stringify(control));
    if (command === 'serve') {
      const { url } = await startServer({
        ...settings,
        ...clickHouseSettings(),
        SPOOR_VISITOR_SECRET: 'a secret of the tests',
        CLICKHOUSE_DATABASE: `test_${pid}`,
      });
      expect((await fetch(`${url}/health`)).status).toBe(200);
    } else expect((await runCommand(['stats'], settings)).code).toBe(0);
  },
);

/** A first start takes about as long on a machine with nothing else to do. */
const START_MS = 800;

describe(`a start that is broken off (SPOOR_TEST_SEED=${SEED})`, () => {
  const random = seededRandom(SEED);
  const begun = async (settings: Readonly<Record<string, string>>): Promise<SpoorProcess> => {
    const server = new SpoorProcess(['serve'], settings);
    await waitUntil('the engine', () => processesNaming(settings['SPOOR_DATA_DIR'] ?? '').length > 0);
    await delay(random(START_MS));
    return server;
  };

  test('kill -9 at any moment of a first start, of the server and then with its engine: the next one serves', async () => {
    const settings = newSettings();
    for (const isWithEngine of [false, true]) {
      const server = await begun(settings);
      if (isWithEngine) killEngines(settings.SPOOR_DATA_DIR);
      server.signal('SIGKILL');
      await server.ended;
    }
    const next = await startServer(settings);
    expect(next.server.stdout).not.toContain('another process that migrates');
    await createClient(next.url, ADMIN_KEY).request('POST', '/api/v1/clicks', { json: { short_code: 'a' } });
  });

  test('SIGTERM at any moment ends both', async () => {
    const settings = newSettings();
    const server = await begun(settings);
    server.signal('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, signal: null });
    await waitUntil('the engine to end', () => processesNaming(settings.SPOOR_DATA_DIR).length === 0);
  });
});
