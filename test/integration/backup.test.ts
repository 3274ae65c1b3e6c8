import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DIMENSION_NAMES } from '../../src/stats/registry/dimension-names.ts';
import { runCommand } from '../support/commands.ts';
import {
  type Ended,
  SpoorProcess,
  endProcesses,
  newFolder,
  startServer,
  waitUntil,
} from '../support/process.ts';
import { ADMIN_KEY, startSpoor } from '../support/spoor.ts';

const VISITOR = { ip: '203.0.113.9', user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0' };

const LOG = Array.from(
  { length: 3_000 },
  (_, place) =>
    `198.51.100.${place % 200} - - [${String(10 + (place % 15))}/Jan/2026:10:00:${String(place % 60).padStart(2, '0')} +0000] "GET /link-${place % 7} HTTP/1.1" 302 0 "https://example.org/${place % 5}" "Mozilla/5.0 (Windows NT 10.0) Chrome/${place % 9}.0 Safari/537.36"\n`,
).join('');

/** Every dimension over the month that nothing is added to while the backup is taken. */
const QUESTION = `/api/v1/stats?owner_id=*&start_date=2026-01-01&end_date=2026-01-31&limit=10000&breakdown=false&group_by=${DIMENSION_NAMES.join(',')}`;

describe('backup and restore', () => {
  let folder: string;
  let source: Record<string, string>;
  let server: SpoorProcess;
  let url: string;
  let ownersKey: string;
  let log: string;
  let file: string;
  let backup: Ended;
  let sentBefore: number;
  let sentInAll: number;
  /** The files beside it once it was taken. */
  let left: readonly string[];

  const settingsOf = (name: string, more: Record<string, string> = {}): Record<string, string> => ({
    SPOOR_DATA_DIR: join(folder, name),
    SPOOR_RATE_LIMITS: 'off',
    ...more,
  });
  const ask = async (path: string, key: string, at = url): Promise<any> => {
    const response = await fetch(at + path, { headers: { authorization: `Bearer ${key}` } });
    const { generated_at: _, ...answer } = JSON.parse(await response.text());
    return answer;
  };
  const post = async (clicks: readonly object[], at = url, headers = {}): Promise<any> => {
    const response = await fetch(`${at}/api/v1/clicks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(clicks),
    });
    return response.json();
  };
  const archives = (): readonly string[] => {
    const place = join(folder, 'source', 'backups');
    return existsSync(place) ? readdirSync(place) : [];
  };
  const keyed = { 'idempotency-key': 'sent-before' };
  const january = [{ short_code: 'mine', clicked_at: '2026-01-20', ...VISITOR }];
  const failed = ({ code, stdout, stderr }: Ended): string => {
    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([1, '', 1]);
    return stderr;
  };

  beforeAll(async () => {
    folder = newFolder();
    source = settingsOf('source', { SPOOR_ADMIN_KEY: ADMIN_KEY });
    log = join(folder, 'access.log');
    file = join(folder, 'backup.tar');
    writeFileSync(log, LOG);
    ({ server, url } = await startServer(source));
    await runCommand(['import', log, '--format', 'combined', '--owner', 'me'], source);
    await runCommand(['urls', 'put', 'mine', '--owner', 'me', '--public'], source);
    const created = await runCommand(['keys', 'create', '--owner', 'me', '--scopes', 'stats:read'], source);
    ownersKey = created.stdout.trim();
    expect(await post(january, url, keyed)).toMatchObject({ accepted: 1 });

    // Clicks of later months pour in, one after the other, while the backup is taken.
    const enough = new AbortController();
    let sent = 0;
    const pouring = (async () => {
      for (; !enough.signal.aborted; sent += 10) {
        const clicks = Array.from({ length: 10 }, (_, place) => ({
          short_code: `poured-${sent + place}`,
          clicked_at: place % 2 === 0 ? '2026-02-10' : '2026-03-10',
        }));
        await post(clicks);
      }
    })();
    await waitUntil('some clicks to pour in', () => sent >= 50);
    sentBefore = sent;
    backup = await runCommand(['backup', file, '--json'], source);
    enough.abort();
    await pouring;
    left = [...readdirSync(folder), ...archives()].toSorted();
    sentInAll = sent;
  });
  afterAll(endProcesses);

  test('the file is whole, for its owner alone, and nothing else is left', () => {
    expect([backup.code, JSON.parse(backup.stdout), backup.stderr]).toEqual([
      0,
      { file, bytes: statSync(file).size },
      '',
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(left).toEqual(['access.log', 'backup.tar', 'source']);
  });

  test('a restored directory gives the same answers and goes on counting', async () => {
    const target = settingsOf('restored');
    const { code, stdout, stderr } = await runCommand(['restore', file, '--json'], target);
    expect([code, JSON.parse(stdout || '{}'), stderr]).toEqual([
      0,
      { restored: file, data_dir: target['SPOOR_DATA_DIR'] },
      '',
    ]);
    expect(existsSync(join(folder, 'restored', 'backups'))).toBe(false);
    const other = await startServer({ ...target, SPOOR_ADMIN_KEY: ADMIN_KEY });

    const before = await ask(QUESTION, ADMIN_KEY);
    expect(before.summary.total_clicks).toBe(3_001);
    expect(await ask(QUESTION, ADMIN_KEY, other.url)).toEqual(before);
    const mine = '/api/v1/stats?group_by=referrer&start_date=2026-01-01&end_date=2026-01-31';
    const owners = await ask(mine, ownersKey, other.url);
    expect([owners, owners.summary.total_clicks]).toEqual([await ask(mine, ownersKey), 3_001]);
    for (const path of ['/api/v1/urls?limit=1000', '/api/v1/keys']) {
      const { items } = await ask(path, ADMIN_KEY, other.url);
      const known = new Set((await ask(path, ADMIN_KEY)).items.map((item: object) => JSON.stringify(item)));
      expect(items.length).toBeGreaterThan(0);
      for (const item of items) expect(known).toContain(JSON.stringify(item));
    }

    // What poured in is there in the order it came, at least up to when the backup began.
    const poured = await ask(
      '/api/v1/stats?owner_id=*&start_date=2026-02-01&end_date=2026-03-31&group_by=short_code&limit=10000',
      ADMIN_KEY,
      other.url,
    );
    const count = poured.summary.total_clicks;
    expect(count).toBeGreaterThanOrEqual(sentBefore);
    expect(count).toBeLessThanOrEqual(sentInAll);
    const places = poured.metrics.clicks_by_short_code.map((row: any) => Number(row.short_code.slice(7)));
    expect(places.toSorted((a: number, b: number) => a - b)).toEqual(
      Array.from({ length: count }, (_, place) => place),
    );

    // Known requests and files stay known, and so do visitors.
    expect(await post(january, other.url, keyed)).toMatchObject({ accepted: 1 });
    const again = await runCommand(
      ['import', log, '--format', 'combined', '--owner', 'me', '--json'],
      target,
    );
    expect(JSON.parse(again.stdout)).toMatchObject({ accepted: 0 });
    expect(await ask(QUESTION, ADMIN_KEY, other.url)).toEqual(before);
    await post([{ short_code: 'mine', clicked_at: '2026-01-21', ...VISITOR }], other.url);
    const { summary } = await ask(QUESTION, ADMIN_KEY, other.url);
    expect(summary).toMatchObject({ total_clicks: 3_002, unique_clicks: before.summary.unique_clicks });

    const used = await runCommand(['restore', file], target);
    expect(failed(used)).toContain('is in use by the server');
    other.server.signal('SIGTERM');
    await other.server.ended;
    const full = await runCommand(['restore', file], target);
    expect(failed(full)).toContain('already has clicks, URLs or keys');
    const range = ['--start-date', '2026-01-01', '--end-date', '2026-01-31'];
    const left = await runCommand(['stats', '--owner', '*', ...range, '--json'], target);
    expect(JSON.parse(left.stdout).summary.total_clicks).toBe(3_002);
  });

  test('a file that is there is replaced only with --force', async () => {
    const there = join(folder, 'there.tar');
    const beside = `${there}.part`;
    for (const file of [there, beside]) writeFileSync(file, 'precious');
    expect(failed(await runCommand(['backup', there], source))).toBe(
      `spoor: ${there} already exists: add --force to replace it.\n`,
    );
    expect(readFileSync(there, 'utf8')).toBe('precious');
    const { code, stderr } = await runCommand(['backup', there, '--force'], source);
    expect([code, stderr]).toEqual([0, expect.stringMatching(new RegExp(`^${there}: [\\d,]+ bytes\\.\n$`))]);
    expect(statSync(there).mode & 0o777).toBe(0o600);
    expect(readFileSync(beside, 'utf8')).toBe('precious');
    rmSync(beside);
    expect(failed(await runCommand(['backup', folder, '--force'], source))).toContain(
      'is not a regular file',
    );
    expect(failed(await runCommand(['backup', join(folder, 'no', 'x.tar')], source))).toContain(
      'its folder does not exist',
    );
  });

  test('one that is given up leaves nothing', async () => {
    const first = new SpoorProcess(['backup', join(folder, 'first.tar')], source);
    await waitUntil('the backup to begin', () => archives().length > 0);
    first.signal('SIGINT');
    const { code } = await first.ended;
    // It may have been whole just then.
    expect(existsSync(join(folder, 'first.tar'))).toBe(code === 0);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    const next = await waitUntil('the next backup to be taken', async () => {
      const ended = await runCommand(['backup', join(folder, 'next.tar'), '--force'], source);
      return ended.code === 0 ? ended : undefined;
    });
    expect(next.code).toBe(0);
    expect(archives()).toEqual([]);
  });

  test('without a server too; a visitor secret of the settings is the one that counts', async () => {
    const settings = settingsOf('quiet', { SPOOR_VISITOR_SECRET: 'of the settings' });
    await runCommand(['seed', '--clicks', '1000'], settings);
    const quiet = join(folder, 'quiet.tar');
    expect((await runCommand(['backup', quiet], settings)).code).toBe(0);

    const target = settingsOf('quiet-restored');
    const wrong = await runCommand(['restore', quiet], { ...target, SPOOR_VISITOR_SECRET: 'another' });
    expect(failed(wrong)).toContain('SPOOR_VISITOR_SECRET differs');
    expect((await runCommand(['restore', quiet], target)).code).toBe(0);
    expect(readFileSync(join(folder, 'quiet-restored', 'visitor-secret'), 'utf8')).toBe('of the settings\n');
    const question = ['stats', '--start-date', '2020-01-01', '--group-by', 'country', '--json'];
    const [there, here] = [await runCommand(question, settings), await runCommand(question, target)];
    const answer = JSON.parse(here.stdout);
    expect(answer.summary.total_clicks).toBe(1_000);
    expect(answer.metrics).toEqual(JSON.parse(there.stdout).metrics);
  });

  test('what is no whole backup is refused, and the directory stays usable', async () => {
    const target = settingsOf('refused');
    const cut = join(folder, 'cut.tar');
    writeFileSync(cut, readFileSync(file));
    truncateSync(cut, Math.floor(statSync(file).size / 2));
    const flipped = join(folder, 'flipped.tar');
    const bytes = readFileSync(file);
    // A byte in the middle of some clicks, which nothing but a checksum can tell.
    const header = /data\/spoor\/clicks\/\w+\/(data|visitor)\.bin/.exec(bytes.toString('latin1'))?.index ?? 0;
    const size = Number.parseInt(bytes.toString('latin1', header + 124, header + 135), 8);
    const place = header + 512 + Math.floor(size / 2);
    bytes.writeUInt8(bytes.readUInt8(place) ^ 0xff, place);
    writeFileSync(flipped, bytes);
    mkdirSync(join(folder, 'a folder'));
    const refusals: readonly (readonly [string, RegExp])[] = [
      [join(folder, 'missing.tar'), /Cannot read \S*missing\.tar: no such file\.$/],
      [join(folder, 'a folder'), /Cannot read \S*a folder: no such file\.$/],
      [log, /access\.log is not a complete Spoor backup \([A-Z_]+\)\.$/],
      [cut, /cut\.tar is not a complete Spoor backup \([A-Z_]+\)\.$/],
      [flipped, /flipped\.tar is damaged\.$/],
    ];
    for (const [name, sentence] of refusals) {
      expect(failed(await runCommand(['restore', name], target)).trim()).toMatch(sentence);
    }
    const secretOf = (name: string): string => join(folder, name, 'visitor-secret');
    expect(existsSync(secretOf('refused'))).toBe(false);
    expect((await runCommand(['restore', file], target)).code).toBe(0);
    expect(readFileSync(secretOf('refused'), 'utf8')).toBe(readFileSync(secretOf('source'), 'utf8'));
  });

  test('a ClickHouse elsewhere is backed up by its own means', async () => {
    const elsewhere = await startSpoor();
    const { json } = await elsewhere.send('POST', '/control/backup');
    expect(json).toEqual({ error: expect.stringContaining('CLICKHOUSE_URL') });
    await elsewhere.stop();
    const settings = settingsOf('x', {
      CLICKHOUSE_URL: 'http://127.0.0.1:1',
      SPOOR_VISITOR_SECRET: 'x',
    });
    expect(failed(await runCommand(['restore', file], settings))).toContain('CLICKHOUSE_URL');
  });

  test('it takes an administrator', async () => {
    const answer = await fetch(`${url}/control/backup`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ownersKey}` },
    });
    expect(answer.status).toBe(403);
    expect(server.stdout).not.toContain(
      readFileSync(join(folder, 'source', 'visitor-secret'), 'utf8').trim(),
    );
  });
});
