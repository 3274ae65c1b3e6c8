import { spawnSync } from 'node:child_process';
import {
  lstatSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { COLUMN_NAMES } from '../../src/clicks/click-schema.ts';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import { identifier, join as joined, sql } from '../../src/sql/sql.ts';
import { runCommand, runCommands } from '../support/commands.ts';
import {
  type Ended,
  SpoorProcess,
  endProcesses,
  newFolder,
  processesNaming,
  runSpoor,
  waitUntil,
} from '../support/process.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

type Settings = Readonly<Record<string, string>>;

let spoor: TestSpoor;
let settings: { readonly SPOOR_DATA_DIR: string };
beforeAll(async () => {
  settings = { SPOOR_DATA_DIR: join(newFolder(), 'data') };
  spoor = await startSpoor(settings);
});
afterAll(async () => {
  await spoor.stop();
  await endProcesses();
});

/** Runs a command with `--json` that must succeed, and answers what it printed. */
async function json(args: readonly string[], to: Settings = settings, run = runCommand): Promise<any> {
  const { code, stdout, stderr } = await run([...args, '--json'], to);
  expect([args, code, stderr]).toEqual([args, 0, '']);
  return JSON.parse(stdout);
}

/** The lines a command prints for a person. */
async function lines(args: readonly string[], to: Settings = settings): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runCommand(args, to);
  expect([args, code, stderr]).toEqual([args, 0, '']);
  return stdout.trimEnd().split('\n');
}

const wordsOf = (command: string): readonly string[] => (command === '' ? [] : command.split(' '));

describe('help', () => {
  const commands = [
    '', 'serve', 'demo', 'migrate', 'import', 'imports', 'imports list', 'imports show',
    'imports undo', 'seed', 'stats', 'clicks', 'export', 'keys', 'keys create', 'keys list', 'keys revoke',
    'urls', 'urls list', 'urls put', 'urls delete', 'segments', 'segments list',
    'segments put', 'segments delete', 'schedules', 'schedules create', 'schedules list', 'schedules show',
    'schedules runs', 'schedules delete', 'exports', 'exports create', 'exports list', 'exports show',
    'exports download', 'exports delete', 'erase', 'mcp', 'backup', 'restore',
  ]; // prettier-ignore
  const GROUPS = ['imports', 'keys', 'urls', 'segments', 'schedules', 'exports'];
  let results: readonly Ended[];
  beforeAll(async () => {
    results = await runCommands(commands.map((command) => [[...wordsOf(command), '--help'], {}]));
  });

  test.each(commands.map((command, place) => [command, place] as const))(
    'spoor %s --help',
    (command, place) => {
      expect(results[place]).toMatchObject({ code: 0, stderr: '' });
      expect(results[place]?.stdout).toMatch(new RegExp(`^Usage: spoor ${command}`));
      if (command !== '' && !GROUPS.includes(command))
        expect(results[place]?.stdout).toMatch(/^Examples?:\n {2}\S/m);
    },
  );

  test('--version is the package’s', async () => {
    expect(await lines(['--version'])).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+/)]);
  });
});

describe('a wrong command line exits 2 and says why on standard error', () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['', /spoor/],
    ['fly', /fly/],
    ['keys', /keys/],
    ['keys fly', /fly/],
    ['keys create', /--owner/],
    ['keys list extra', /argument/],
    ['keys revoke', /id/],
    ['urls put', /short-code/],
    ['segments put phones', /--filters/],
    ['segments put phones --filters {os', /--filters.*JSON/],
    ['schedules create --cron @daily', /--range/],
    ['schedules create --cron @daily --range today --over many', /--over.*number/],
    ['stats --colour red', /--colour/],
    ['stats --owner', /--owner/],
    ['stats --format xml', /--format/],
    ['stats --format csv --explain', /--explain/],
    ['stats --browser.isnt x', /--browser.isnt/],
    ['stats --compare next', /--compare/],
    ['stats --format csv --json', /--json/],
    ['stats --url example.com', /--url/],
    ['seed --clicks many', /--clicks/],
    ['seed --end soon', /--end/],
    ['seed --end 20260131', /--end.*Write 2026-01-31/],
    ['seed --urls 2 --owners 3', /--urls/],
    ['import', /file/],
    ['imports undo', /id/],
    ['export -o clicks.zip', /--format/],
    ['export --format pdf -o clicks.pdf', /--format/],
    ['export --format json', /--output/],
    ['export --format json -o - --json', /--json/],
    ['exports create', /--format/],
    ['exports download x', /--output/],
  ];
  let results: readonly Ended[];
  beforeAll(async () => {
    results = await runCommands(wrong.map(([command]) => [wordsOf(command), settings]));
  });

  test.each(wrong.map((row, place) => [...row, place] as const))('spoor %s', (_, reason, place) => {
    expect(results[place]).toMatchObject({ code: 2, stdout: '' });
    expect(results[place]?.stderr).toMatch(reason);
    expect(results[place]?.stderr.trim()).not.toContain('\n');
  });
});

describe('a command that fails exits 1 with one line that says why', () => {
  const failing: readonly (readonly [string, RegExp])[] = [
    ['keys revoke nowhere', /no key/],
    ['keys create --owner me --scopes everything', /scopes/],
    ['keys create --owner me --expires-at 2001-01-01', /expires_at/],
    ['urls delete nowhere', /no such URL/],
    ['segments delete nowhere', /no such segment/],
    ['segments put a.b --filters {"os":"x"}', /name/],
    ['segments put a --filters {"colour":"x"}', /colour/],
    ['schedules show nowhere', /no such schedule/],
    ['schedules create --cron soon --range today --format csv', /cron/],
    ['imports show nowhere', /no such import/],
    ['imports undo nowhere', /no such import/],
    ['exports show nowhere', /no such export/],
    ['exports delete nowhere', /no such export/],
    ['exports create --format csv --destination nowhere', /no destination/],
    ['urls put a --created-at once', /created_at/],
    ['urls put ..', /must not be \. or \.\./],
    ['stats --timezone Mars/Olympus', /timezone/i],
    ['stats --short-code nowhere', /no such URL/],
    ['stats --group-by colour', /group_by/],
  ];
  let results: readonly Ended[];
  beforeAll(async () => {
    results = await runCommands(failing.map(([command]) => [[...wordsOf(command), '--json'], settings]));
  });

  test.each(failing.map((row, place) => [...row, place] as const))('spoor %s', (_, reason, place) => {
    expect(results[place]).toMatchObject({ code: 1, stdout: '' });
    expect(results[place]?.stderr).toMatch(/^[^\n]+\n$/);
    expect(results[place]?.stderr).toMatch(reason);
  });

  test('a wrong setting is such a failure', async () => {
    const { code, stderr } = await runCommand(['keys', 'list'], { ...settings, LOG_LEVEL: 'loud' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^[^\n]*LOG_LEVEL[^\n]*\n$/);
  });
});

describe('with a server running', () => {
  test('keys, urls, seed and stats work through it; the page shows what was seeded', async () => {
    const owner = 'served';
    const created = await json(['keys', 'create', '--owner', owner, '--scopes', 'stats:read, clicks:write']);
    expect(created).toMatchObject({
      key: expect.stringMatching(/^spoo_/),
      owner_id: owner,
      scopes: ['stats:read', 'clicks:write'],
      expires_at: null,
      rate_limit: 'standard',
    });
    const shown = Object.fromEntries(Object.entries(created).filter(([name]) => name !== 'key'));
    expect((await json(['keys', 'list'])).items).toContainEqual(shown);
    expect(await json(['keys', 'revoke', created.id])).toEqual({ revoked: created.id });
    const left = (await json(['keys', 'list'])).items;
    expect(left.map(({ id }: { id: string }) => id)).not.toContain(created.id);

    const code = `${owner}/a b`;
    const put = ['urls', 'put', code, '--owner', owner, '--public', '--created-at', '2026-01-01'];
    const url = {
      id: code,
      alias: code,
      short_code: code,
      owner_id: owner,
      created_at: '2026-01-01T00:00:00.000Z',
      private_stats: false,
      long_url: null,
      tags: ['two words', 'a,b'],
      status: 'ACTIVE',
      password_set: false,
    };
    expect(await json([...put, '--tag', 'two words', '--tag', 'a,b'])).toEqual(url);
    expect(await json([...put, '--no-tags'])).toEqual({ ...url, tags: [] });

    const end = '2026-01-31T00:00:00Z';
    const seed = ['seed', '--owner', owner, '--clicks', '500', '--urls', '3', '--days', '10', '--end', end];
    const seeded = await json(seed);
    expect(seeded).toMatchObject({ clicks: 500, owners: [owner], urls: 3 });
    const range = ['--start-date', '2026-01-01', '--end-date', end, '--group-by', 'short_code,browser'];
    const stats = await json(['stats', '--owner', owner, ...range, '--breakdown', 'false']);
    expect(stats.summary.total_clicks).toBe(500);
    expect(stats.metrics.clicks_by_short_code).toHaveLength(3);
    expect(Date.parse(stats.summary.last_click)).toBeLessThanOrEqual(Date.parse(end));
    expect(Date.parse(stats.summary.first_click)).toBeGreaterThanOrEqual(Date.parse('2026-01-21'));

    const listing = ['clicks', '--owner', owner, '--start-date', '2026-01-01', '--end-date', end];
    const clicks = await lines([...listing, '--fields', 'clicked_at,short_code', '--order', 'oldest']);
    expect(clicks).toHaveLength(500);
    expect(JSON.parse(clicks[0] ?? '')).toMatchObject({ short_code: expect.any(String) });
    expect(await lines([...listing, '--limit', '3', '--visitors'])).toHaveLength(3);

    expect(await json(['urls', 'delete', code])).toEqual({ deleted: code });
    const codes = (await json(['urls', 'list'])).items.map(
      ({ short_code }: { short_code: string }) => short_code,
    );
    expect(codes).not.toContain(code);
    expect(codes.filter((listed: string) => listed.startsWith(`${owner}-`))).toHaveLength(3);
    const { page_url: address } = seeded;
    expect(address.startsWith(`${spoor.url}/?`)).toBe(true);
    const query = Object.fromEntries(new URL(address).searchParams);
    expect((await spoor.send('GET', '/api/v1/stats', { query })).json.summary.total_clicks).toBe(500);
  });

  test('segments of an owner', async () => {
    const segment = { name: 'none', filters: { browser: { is_not: ['Chrome'] } } };
    const filters = JSON.stringify(segment.filters);
    const ofOwner = ['--owner', 'segmented'];
    expect(await json(['segments', 'put', 'none', ...ofOwner, '--filters', filters])).toMatchObject(segment);
    expect((await json(['segments', 'list', ...ofOwner])).items).toMatchObject([segment]);
    expect((await json(['segments', 'list'])).items).toEqual([]);
    const narrowed = await json(['stats', ...ofOwner, '--segment', 'none']);
    expect(narrowed.filters).toEqual(segment.filters);
    expect(await json(['segments', 'delete', 'none', ...ofOwner])).toEqual({ deleted: 'none' });
    expect((await json(['segments', 'list', ...ofOwner])).items).toEqual([]);
  });

  test('export jobs', async () => {
    const order = ['--format', 'xml', '--owner', 'served', '--filters', '{"browser":{"is_not":["none"]}}'];
    const job = await json(['exports', 'create', ...order, '--wait']);
    expect(job).toMatchObject({ status: 'done', owner_id: 'served' });
    expect((await json(['exports', 'show', job.id])).bytes).toBe(job.bytes);
    expect((await json(['exports', 'list'])).items.map(({ id }: { id: string }) => id)).toEqual([job.id]);
    const file = join(settings.SPOOR_DATA_DIR, 'downloaded.xml');
    expect((await runCommand(['exports', 'download', job.id, '-o', file], settings)).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^<\?xml[^]*<browser>[^]*<\/export>$/);
    expect(await json(['exports', 'delete', job.id])).toEqual({ deleted: [job.id] });
    expect((await json(['exports', 'list'])).items).toEqual([]);
  });

  test('schedules of an owner', async () => {
    const ofOwner = ['--owner', 'scheduled'];
    const wanted = [
      '--cron',
      '@weekly',
      '--range',
      'last_week',
      '--format',
      'csv',
      '--parameters',
      '{"bots":"exclude"}',
    ];
    const created = await json(['schedules', 'create', ...ofOwner, ...wanted]);
    expect(created).toMatchObject({
      owner_id: 'scheduled',
      range: 'last_week',
      format: 'csv',
      bots: 'exclude',
    });
    const alert = [
      '--cron',
      '@hourly',
      '--range',
      'since_last_run',
      '--change=-50%',
      '--webhook',
      'https://example.com',
    ];
    const second = await json(['schedules', 'create', ...ofOwner, ...alert]);
    expect(second).toMatchObject({
      condition: { metric: 'clicks', change: '-50%' },
      webhook_secret: expect.stringMatching(/^whsec_/),
    });
    expect((await json(['schedules', 'list', ...ofOwner])).items).toHaveLength(2);
    const rows = await lines(['schedules', 'list', ...ofOwner]);
    expect(rows[1]).toMatch(/@weekly +UTC +last_week +stats as csv +\S+Z$/);
    expect(await json(['schedules', 'show', created.id])).toEqual(created);
    expect(await lines(['schedules', 'runs', created.id])).toEqual(['There are no runs.']);
    expect(await json(['schedules', 'delete', created.id])).toEqual({ deleted: created.id });
    expect(await lines(['schedules', 'delete', second.id])).toEqual([`Deleted ${second.id}.`]);
    expect(await lines(['schedules', 'list', ...ofOwner])).toEqual(['There are no schedules.']);
  });

  test('a seed of several owners ends with a page of every owner', async () => {
    const printed = await lines(['seed', '--clicks', '10', '--owners', '2', '--urls', '2']);
    expect(printed.slice(-2)).toEqual([
      'Show them in a browser:',
      expect.stringMatching(/^ {2}http\S+owner_id=\*$/),
    ]);
  });

  test('what they made counts at once in the server', async () => {
    const { key, id } = await json(['keys', 'create', '--owner', 'served']);
    const ask = () => spoor.send('GET', '/api/v1/stats', { key });
    expect((await ask()).status).toBe(200);
    await json(['keys', 'revoke', id]);
    expect((await ask()).status).toBe(401);
  });

  test('for a person, keys create prints the key alone, lists are tables', async () => {
    const [key, ...more] = await lines(['keys', 'create', '--owner', 'printed', '--name', 'evil\u202e']);
    expect([key, more]).toEqual([expect.stringMatching(/^spoo_\S+$/), []]);
    const keys = await lines(['keys', 'list']);
    expect(keys[0]).toMatch(/^ID +OWNER +NAME +SCOPES +EXPIRES$/);
    expect(keys.join('\n')).not.toContain(key);
    expect(keys.join('\n')).toMatch(/ evil\uFFFD +stats:read,urls:read +never$/m);
    await lines(['urls', 'put', 'printed', '--owner', 'printed', '--long-url', 'https://example.com/']);
    const urls = await lines(['urls', 'list']);
    await lines(['segments', 'put', 'phones', '--filters', '{"os":"iOS"}']);
    const segments = await lines(['segments', 'list']);
    expect(segments[0]).toMatch(/^NAME +CHANGED +FILTERS$/);
    expect(segments[1]).toMatch(/^phones +\S+Z +\{"os":\["iOS"\]\}$/);
    expect(await lines(['segments', 'delete', 'phones'])).toEqual(['Deleted phones.']);
    expect(await lines(['segments', 'list'])).toEqual(['There are no segments.']);
    const row = urls.find((line) => line.startsWith('printed '));
    expect(row).toMatch(/^printed +printed +\S+ +private +https:\/\/example\.com\/$/);
  });
});

describe('without a server', () => {
  test('migrate, keys, urls, seed and stats start an engine of their own, and leave none', async () => {
    const own = { SPOOR_DATA_DIR: join(newFolder(), 'data') };
    expect((await json(['migrate'], own)).migrated).not.toEqual([]);
    const created = await json(['keys', 'create', '--owner', 'alone'], own);
    expect(await json(['urls', 'put', 'put', '--owner', 'alone'], own)).toMatchObject({ short_code: 'put' });
    const seeded = await json(['seed', '--owner', 'alone', '--clicks', '500', '--urls', '3'], own);
    expect(seeded).toMatchObject({ clicks: 500, urls: 3, page_url: null });
    const stats = await json(['stats', '--owner', 'alone', '--start-date', '2000-01-01'], own);
    expect(stats.summary.total_clicks).toBe(500);
    expect((await json(['migrate'], own)).migrated).toEqual([]);
    expect(await lines(['migrate'], own)).toEqual([expect.stringMatching(/\S/)]);
    expect(processesNaming(own.SPOOR_DATA_DIR)).toEqual([]);
    const { items } = await json(['keys', 'list'], own, runSpoor);
    expect(items).toMatchObject([{ id: created.id, owner_id: 'alone' }]);
    expect(processesNaming(own.SPOOR_DATA_DIR)).toEqual([]);
  });

  test('two at once wait for each other', async () => {
    const own = { SPOOR_DATA_DIR: join(newFolder(), 'data') };
    await Promise.all(['a', 'b'].map((code) => json(['urls', 'put', code], own, runSpoor)));
    const { items } = await json(['urls', 'list'], own);
    expect(items.map(({ short_code }: { short_code: string }) => short_code)).toEqual(['a', 'b']);
  });
});

describe('with --url', () => {
  /** A folder without data: whatever is answered comes from the server that was named. */
  const elsewhere = (key?: string): Settings => ({
    SPOOR_DATA_DIR: join(newFolder(), 'nothing'),
    ...(key === undefined ? {} : { SPOOR_API_KEY: key }),
  });
  let key: string;
  beforeAll(async () => {
    key = await spoor.createKey('remote', ['stats:read', 'urls:write', 'urls:read']);
    for (const [owner, code] of [
      ['remote', 'remote/one'],
      ['another', 'another/one'],
    ] as const) {
      await spoor.send('PUT', `/api/v1/urls/${encodeURIComponent(code)}`, { json: { owner_id: owner } });
      const { json: sent } = await spoor.send('POST', '/api/v1/clicks', { json: { short_code: code } });
      expect(sent.accepted).toBe(1);
    }
  });
  const at = () => ['--url', spoor.url];

  test('a server elsewhere is asked, as the owner of SPOOR_API_KEY', async () => {
    const stats = await json(['stats', ...at(), '--group-by', 'short_code'], elsewhere(key));
    expect(stats.metrics.clicks_by_short_code.map((row: any) => row.short_code)).toEqual(['remote/one']);
    const { items } = await json(['urls', 'list', ...at()], elsewhere(key));
    expect(items.map(({ short_code }: any) => short_code)).toEqual(['remote/one']);
    await json(['urls', 'put', 'remote/one', '--public', ...at()], elsewhere(key));
    await json(['segments', 'put', 'phones', '--filters', '{"os":"iOS"}', ...at()], elsewhere(key));
    const { items: segments } = await json(
      ['segments', 'list', '--owner', 'remote', ...at()],
      elsewhere(key),
    );
    expect(segments).toMatchObject([{ name: 'phones', filters: { os: ['iOS'] } }]);
    // Public now, so without a key; through a path below the host as well.
    const open = await json(['stats', '--url', `${spoor.url}/`, '--short-code', 'remote/one'], elsewhere());
    expect(open.summary.total_clicks).toBe(1);
    const file = join(newFolder(), 'out.json');
    await json(['export', ...at(), '--format', 'json', '-o', file], elsewhere(key));
    expect(JSON.parse(readFileSync(file, 'utf8')).summary.total_clicks).toBe(1);
  });

  test.each([
    ['no key', ['stats'], undefined, /key is needed.*SPOOR_API_KEY/],
    ['a wrong key', ['stats'], 'spoo_wrong', /unknown, expired or revoked.*SPOOR_API_KEY/],
    ['another owner', ['stats', '--owner', 'another'], 'its own', /admin:all/],
    ['segments of another owner', ['segments', 'list', '--owner', 'another'], 'its own', /admin:all/],
    ['a scope too little', ['keys', 'list'], 'its own', /admin:all/],
  ] as const)('%s: one line that says what to do', async (_, args, shown, sentence) => {
    const own = elsewhere(shown === 'its own' ? key : shown);
    const { code, stdout, stderr } = await runCommand([...args, ...at()], own);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('nobody there', async () => {
    const { code, stderr } = await runCommand(['stats', '--url', 'http://127.0.0.1:1'], elsewhere(key));
    expect([code, stderr]).toEqual([1, 'spoor: The Spoor server at http://127.0.0.1:1 does not respond.\n']);
  });
});

describe('seed', () => {
  const plan = ['seed', '--clicks', '2000', '--urls', '12', '--owners', '2', '--days', '30'];
  const end = ['--end', '2026-01-31T12:00:00Z'];

  /** The clicks and URLs that a seed makes in a database of its own, as one text. */
  const made = async (args: readonly string[]): Promise<string> => {
    const to = { SPOOR_DATA_DIR: join(newFolder(), 'data') };
    const fresh = await startSpoor(to);
    try {
      await json([...plan, ...args], to);
      const clicks = await fresh.database.rows(sql`SELECT * EXCEPT ingested_at FROM clicks ORDER BY ALL`);
      const urls = await fresh.database.rows(sql`SELECT * EXCEPT version FROM urls FINAL ORDER BY ALL`);
      expect(clicks).toHaveLength(2_000);
      const varied = COLUMN_NAMES.filter((name) => name !== 'click_id');
      const [distinct = []] = await fresh.database.rows<readonly unknown[]>(
        sql`SELECT ${joined(
          varied.map((name) => sql`uniqExact(${identifier(name)})`),
          ', ',
        )} FROM clicks`,
      );
      expect(varied.filter((_, place) => Number(distinct[place]) < 2)).toEqual([]);
      expect(urls).toHaveLength(12);
      return JSON.stringify([clicks, urls]);
    } finally {
      await fresh.stop();
    }
  };

  test('makes the same of the same seed, something else of another', async () => {
    const seven = await made([...end, '--seed', '7']);
    expect(await made([...end, '--seed', '7'])).toBe(seven);
    expect(await made([...end, '--seed', '8'])).not.toBe(seven);
  });
});

describe('stats', () => {
  beforeAll(async () => {
    const clicks = [
      { browser: 'Chrome', country: 'DE', redirect_ms: 10 },
      { browser: 'Chrome', country: 'DE', ip: '192.0.2.1', redirect_ms: 20.5 },
      { browser: 'Evil\u001b[31m', country: 'FR' },
    ];
    for (const code of ['table', 'table,comma']) {
      const json = clicks.map((click) => ({
        short_code: code,
        clicked_at: '2026-01-15T12:00:00Z',
        ...click,
      }));
      const { status } = await spoor.send('POST', '/api/v1/clicks', { json });
      expect(status).toBe(200);
    }
  });
  const range = ['--start-date', '2026-01-01', '--end-date', '2026-01-31'];

  test('prints the summary and a table for each list, aligned, without what a terminal would obey', async () => {
    const args = ['stats', '--short-code', 'table', ...range, '--group-by', 'browser', '--metrics', 'clicks'];
    const printed = await lines(args);
    const text = printed.join('\n');
    expect(text).toMatch(/total_clicks +3$/m);
    expect(text).toMatch(/avg_redirection_time +15\.25$/m);
    expect(text).not.toContain('\u001b');
    const from = printed.indexOf('browser');
    const table = printed.slice(from + 1, from + 4);
    expect(table.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['browser', 'clicks', 'clicks_percentage'],
      ['Chrome', '2', '66.67'],
      ['Evil\uFFFD[31m', '1', '33.33'],
    ]);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
  });

  test('--compare previous prints the totals of both periods', async () => {
    const february = ['--start-date', '2026-02-01', '--end-date', '2026-02-28', '--compare', 'previous'];
    const printed = (await lines(['stats', '--short-code', 'table', ...february])).map((line) =>
      line.split(/ {2,}/),
    );
    expect(printed[0]).toEqual([
      '',
      '2026-02-01T00:00:00.000+00:00 to 2026-02-28T23:59:59.999+00:00',
      '2026-01-04T00:00:00.000+00:00 to 2026-01-31T23:59:59.999+00:00',
    ]);
    expect(printed).toContainEqual(['total_clicks', '0', '3']);
    expect(printed).toContainEqual(['last_click', '–', '2026-01-15T12:00:00.000+00:00']);
  });

  const ofTable = ['--short-code', 'table', ...range];

  test('--format csv is one list with both metrics, or several below each other', async () => {
    const csv = async (groupBy: string): Promise<unknown> => {
      const args = ['stats', ...ofTable, '--group-by', groupBy, '--breakdown', 'false', '--format', 'csv'];
      const { code, stdout, stderr } = await runCommand(args, settings);
      expect([code, stderr]).toEqual([0, '']);
      return parse(stdout, { columns: true, record_delimiter: '\n' });
    };
    const one = {
      clicks: '2',
      clicks_percentage: '66.67',
      unique_clicks: '2',
      unique_clicks_percentage: '100',
    };
    const other = {
      clicks: '1',
      clicks_percentage: '33.33',
      unique_clicks: '1',
      unique_clicks_percentage: '50',
    };
    expect(await csv('country')).toEqual([
      { country: 'DE', ...one },
      { country: 'FR', ...other },
    ]);
    expect(await csv('country,browser')).toEqual([
      { list: 'country', country: 'DE', browser: '', ...one },
      { list: 'country', country: 'FR', browser: '', ...other },
      { list: 'browser', country: '', browser: 'Chrome', ...one },
      { list: 'browser', country: '', browser: 'Evil\u001b[31m', ...other },
    ]);
  });

  test('--json is the answer of the API to the same question', async () => {
    const args = ['--group-by', 'country,browser', '--limit', '5', '--bots', 'exclude', '--country', 'DE'];
    const answer = await json(['stats', '--short-code', 'table', ...range, ...args]);
    const query = {
      scope: 'anon', short_code: 'table', start_date: '2026-01-01', end_date: '2026-01-31',
      group_by: 'country,browser', limit: '5', bots: 'exclude', country: 'DE',
    }; // prettier-ignore
    const asked = await spoor.send('GET', '/api/v1/stats', { query });
    expect({ ...answer, generated_at: '' }).toEqual({ ...asked.json, generated_at: '' });
    expect(answer.summary.total_clicks).toBe(2);
  });

  test('conditions and properties go to the API as they are', async () => {
    const conditions = [
      '--browser.is_not',
      'Chrome',
      '--property.plan.is-not',
      'free',
      '--group-by',
      'property.plan',
    ];
    const { filters, metrics } = await json(['stats', '--short-code', 'table', ...range, ...conditions]);
    expect(filters).toEqual({ browser: { is_not: ['Chrome'] }, 'property.plan': { is_not: ['free'] } });
    expect(metrics['clicks_by_property.plan']).toMatchObject([{ 'property.plan': '(none)', clicks: 1 }]);
    const explained = await runCommand(['stats', '--short-code', 'table', ...range, '--explain'], settings);
    expect(JSON.parse(explained.stdout).explain.sql).toContain('SELECT');
  });

  test('--query asks what a file says: one question is shown as ever, several as JSON', async () => {
    const file = join(newFolder(), 'questions.json');
    const one = { scope: 'anon', short_code: 'table', start_date: '2026-01-01', end_date: '2026-01-31' };
    const ask = (asked: unknown, ...args: readonly string[]) => {
      writeFileSync(file, typeof asked === 'string' ? asked : JSON.stringify(asked));
      return runCommand(['stats', '--query', file, ...args], settings);
    };
    const byHand = await runCommand(
      ['stats', '--short-code', 'table', ...range, '--group-by', 'os'],
      settings,
    );
    const shown = await ask({ ...one, group_by: ['os'] });
    expect([shown.code, shown.stdout]).toEqual([0, byHand.stdout]);
    const piped = await runCommand(
      ['stats', '--query', '-'],
      settings,
      JSON.stringify({ ...one, group_by: ['os'] }),
    );
    expect([piped.code, piped.stdout]).toEqual([0, byHand.stdout]);
    const several = await ask({ queries: [one, { limit: 0 }, {}] });
    const { results } = JSON.parse(several.stdout);
    expect([several.code, results.map((result: any) => result.status)]).toEqual([0, [200, 400, 200]]);
    for (const [asked, args, code, message] of [
      ['{', [], 1, 'questions.json is not JSON'],
      ['[]', [], 1, 'must hold a JSON object'],
      ['{"limit": 1, "limit": 2}', [], 1, '"limit" stands twice in one object'],
      [{ lmit: 1 }, [], 1, 'Did you mean limit?'],
      [{ queries: [] }, [], 1, '1 to 25 questions'],
      [one, ['--group-by', 'os'], 2, '--group-by does not go with --query'],
      [one, ['--os.is_not', 'x'], 2, '--os.is_not does not go with --query'],
      [one, ['--explain'], 2, '--explain does not go with --query'],
      [{ queries: [one] }, ['--format', 'csv'], 2, 'several are printed as JSON'],
    ] as const) {
      const refused = await ask(asked, ...args);
      expect([refused.code, refused.stdout]).toEqual([code, '']);
      expect(refused.stderr).toContain(message);
    }
    expect((await runCommand(['stats', '--query', `${file}.none`], settings)).stderr).toContain(
      'cannot be read',
    );
  });

  test('asks for one owner, for one of its URLs, for everybody', async () => {
    const total = async (args: readonly string[]) =>
      (await json(['stats', ...range, ...args])).summary.total_clicks;
    expect(await total(['--owner', 'nobody'])).toBe(0);
    expect(await total(['--owner', 'admin'])).toBe(6);
    expect(await total(['--owner', 'admin', '--short-code', 'table,comma'])).toBe(3);
    expect(await total(['--short-code', 'table,comma'])).toBe(3);
    expect(await total([])).toBeGreaterThanOrEqual(6);
  });
});

describe('export', () => {
  const question = ['--start-date', '2026-01-01', '--end-date', '2026-01-31', '--group-by', 'country'];

  test('into a file, and through it where it is a link, what the API answers', async () => {
    const folder = newFolder();
    const [file, link] = [join(folder, 'clicks.json'), join(folder, 'link.json')];
    symlinkSync(file, link);
    writeFileSync(file, 'something older');
    const compared = [...question, '--compare', 'previous'];
    const written = await json(['export', '--format', 'json', '-o', link, ...compared]);
    expect(written).toEqual({ file: link, bytes: statSync(file).size });
    const query = {
      format: 'json',
      owner_id: '*',
      start_date: '2026-01-01',
      end_date: '2026-01-31',
      group_by: 'country',
      compare: 'previous',
    };
    const asked = await spoor.send('GET', '/api/v1/export', { query });
    expect(asked.json.previous.summary.total_clicks).toBe(0);
    expect({ ...JSON.parse(readFileSync(file, 'utf8')), generated_at: '' }).toEqual({
      ...asked.json,
      generated_at: '',
    });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).toSorted((a, b) => a.localeCompare(b))).toEqual(['clicks.json', 'link.json']);
  });

  test('- is standard output', async () => {
    const { code, stdout } = await runSpoor(['export', '--format', 'json', '-o', '-', ...question], settings);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).group_by).toEqual(['country']);
  });

  test('a file that cannot be written is one line and exit 1, and leaves nothing behind', async () => {
    const file = join(newFolder(), 'no', 'such', 'folder.zip');
    const { code, stderr } = await runCommand(
      ['export', '--format', 'csv', '-o', file, ...question],
      settings,
    );
    expect(code).toBe(1);
    expect(stderr.trim()).toMatch(/^spoor: .*ENOENT.*$/);
  });
});

test('clicks --follow prints clicks as they arrive, until it is interrupted', async () => {
  const command = new SpoorProcess(
    ['clicks', '--follow', '--owner', 'followed', '--fields', 'click_id'],
    settings,
  );
  await waitUntil('it to follow', async () => {
    const { text } = await spoor.send('GET', '/metrics');
    return /^spoor_share_in_use\{resource="followers"\} 1$/m.test(text);
  });
  const key = await spoor.createKey('followed');
  const clicks = ['one', 'two'].map((id) => ({ short_code: 'followed', click_id: id }));
  for (const click of clicks) await spoor.send('POST', '/api/v1/clicks', { key, json: click });
  await waitUntil('both clicks', () => command.stdout.trim().split('\n').length === clicks.length);
  expect(command.stdout).toBe('{"click_id":"one"}\n{"click_id":"two"}\n');
  command.signal('SIGINT');
  expect(await command.ended).toMatchObject({ code: 0, stderr: '' });
});

test('a result that cannot be written is a failure', () => {
  const full = openSync('/dev/full', 'w');
  const { PATH = '' } = process.env;
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(PACKAGE_ROOT, 'dist/cli.js'), 'urls', 'list'],
    {
      env: { PATH, ...settings },
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    },
  );
  expect([status, stderr]).toEqual([1, 'spoor: standard output cannot be written: ENOSPC.\n']);
});

describe('mcp', () => {
  /** Says messages to the command one after the other, and answers what it said to each. */
  async function talk(args: readonly string[], messages: readonly object[], to: Settings = settings) {
    const command = new SpoorProcess(['mcp', ...args], to);
    const heard = (): readonly string[] => command.stdout.split('\n').slice(0, -1);
    for (const [place, message] of messages.entries()) {
      command.write(`${JSON.stringify({ jsonrpc: '2.0', id: place, ...message })}\n`);
      await waitUntil('a response', () => heard().length > place);
    }
    command.end();
    expect(await command.ended).toMatchObject({ code: 0, stderr: '' });
    return heard().map((line) => JSON.parse(line));
  }

  const HANDSHAKE = {
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    },
  };
  const CALL = { method: 'tools/call', params: { name: 'query_stats', arguments: { range: 'all' } } };

  test('offers the tools of the server, as its administrator', async () => {
    const [begun, listed, called] = await talk([], [HANDSHAKE, { method: 'tools/list' }, CALL]);
    expect(begun.result).toMatchObject({ protocolVersion: '2025-11-25', serverInfo: { name: 'spoor' } });
    const http = await spoor.send('POST', '/mcp', { json: { jsonrpc: '2.0', id: 1, method: 'tools/list' } });
    expect(listed).toEqual({ jsonrpc: '2.0', id: 1, result: http.json.result });
    expect(JSON.parse(called.result.content[0].text).summary).toHaveProperty('total_clicks');
  });

  test('answers what was asked before its input ended, but what was cancelled', async () => {
    const command = new SpoorProcess(['mcp'], settings);
    const messages = [
      { id: 0, ...HANDSHAKE },
      { id: 1, ...CALL },
      { id: 2, ...CALL },
      { method: 'notifications/cancelled', params: { requestId: 2 } },
      { id: 3, method: 'tools/list' },
    ];
    command.write(messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''));
    command.end();
    expect(await command.ended).toMatchObject({ code: 0, stderr: '' });
    const ids = command.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    expect(ids.toSorted((one, other) => one - other)).toEqual([0, 1, 3]);
  });

  test('what is wrong with a message is told in one sentence', async () => {
    const call = (params: object) => ({ method: 'tools/call', params });
    const told = await talk(
      [],
      [
        { method: 'initialize', params: { protocolVersion: '2025-11-25' } },
        HANDSHAKE,
        call({ arguments: {} }),
        call({ name: 'query_stats', arguments: 'x' }),
        call({ name: 'query_stat' }),
      ],
    );
    expect(told.map(({ error }) => error)).toEqual([
      { code: -32_602, message: 'params.capabilities is missing or not what it can be.' },
      undefined,
      { code: -32_602, message: 'params.name must be the name of a tool.' },
      { code: -32_602, message: 'params.arguments must be an object.' },
      { code: -32_602, message: 'There is no tool of the name query_stat. Did you mean query_stats?' },
    ]);
  });

  test('what is wrong is a result, also a key that the server does not know', async () => {
    const unknown = { ...settings, SPOOR_API_KEY: `spoo_${'nobody'.repeat(5)}` };
    const [, called] = await talk(['--url', spoor.url], [HANDSHAKE, CALL], unknown);
    expect(called.result).toEqual({
      content: [{ type: 'text', text: expect.stringMatching(/^The API key is unknown/) }],
      isError: true,
    });
  });
});
