import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, copyFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import { param, sql } from '../../src/sql/sql.ts';
import { runCommand, runCommands } from '../support/commands.ts';
import {
  type Ended,
  SpoorProcess,
  endProcesses,
  newFolder,
  processesNaming,
  runEach,
  waitUntil,
} from '../support/process.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

let spoor: TestSpoor;
let folder: string;
let settings: { readonly SPOOR_DATA_DIR: string };
let files = 0;
let code: string;
beforeAll(async () => {
  folder = newFolder();
  settings = { SPOOR_DATA_DIR: join(folder, 'data') };
  spoor = await startSpoor(settings);
});
afterAll(async () => {
  await spoor.stop();
  await endProcesses();
});
// A click that is stored is not added again, so every test has clicks of its own.
beforeEach(() => {
  code = `code-${++files}`;
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, `${++files}-${name}`);
  writeFileSync(path, content);
  return path;
}

/** Runs `spoor import --json` and answers what it printed. */
async function importJson(args: readonly string[], input: string | Uint8Array = ''): Promise<any> {
  const { code: exit, stdout, stderr } = await runCommand(['import', ...args, '--json'], settings, input);
  expect([exit, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

/** The stored clicks whose code begins with this test's. */
async function stored(): Promise<number> {
  const [row] = await spoor.database.rows<[number]>(
    sql`SELECT count() FROM clicks WHERE startsWith(short_code, ${param('String', code)})`,
  );
  return row?.[0] ?? 0;
}

const ndjson = (count: number, from = 0): string =>
  Array.from(
    { length: count },
    (_, place) =>
      `${JSON.stringify({ short_code: code, clicked_at: 1_767_225_600 + (from + place) * 60, click_id: String(from + place) })}\n`,
  ).join('');

const countsOf = (entries: Record<string, { count: number }>): number =>
  Object.values(entries).reduce((sum, { count }) => sum + count, 0);

/** Line numbers of all rejections, in order. */
const linesOf = (rejected: Record<string, { lines: number[] }>): readonly number[] =>
  Object.values(rejected)
    .flatMap(({ lines }) => lines)
    .toSorted((a, b) => a - b);

describe('a log in the combined format', () => {
  const agent = '"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"';
  const lines = (): readonly string[] => [
    /*  1 click    */ `192.0.2.1 - - [31/Jan/2026:10:00:00 +0000] "GET /${code} HTTP/1.1" 302 0 "https://www.Google.com/search?q=x" ${agent}`,
    /*  2 click    */ `192.0.2.1 - - [31/Jan/2026:10:00:00 +0000] "GET /${code} HTTP/1.1" 302 0 "https://www.Google.com/search?q=x" ${agent}`,
    /*  3 click    */ `2001:db8::1 - frank [31/Jan/2026:23:30:00 -0500] "GET /${code}?utm=1 HTTP/2.0" 301 - "-" "odd \\"agent\\""`,
    /*  4 click    */ `192.0.2.2 - - [01/Feb/2026:01:00:00 +0530] "GET /${code}/deep%20er HTTP/1.1" 200 12 "" "-"`,
    /*  5 skipped  */ `192.0.2.1 - - [31/Jan/2026:10:00:01 +0000] "HEAD /${code} HTTP/1.1" 302 0 "-" ${agent}`,
    /*  6 skipped  */ `192.0.2.1 - - [31/Jan/2026:10:00:02 +0000] "POST /${code} HTTP/1.1" 200 0 "-" ${agent}`,
    /*  7 skipped  */ `192.0.2.1 - - [31/Jan/2026:10:00:03 +0000] "GET /${code} HTTP/1.1" 404 0 "-" ${agent}`,
    /*  8 skipped  */ `192.0.2.1 - - [31/Jan/2026:10:00:04 +0000] "-" 408 0 "-" "-"`,
    /*  9 blank    */ '',
    /* 10 rejected */ `192.0.2.1 - - [30/Feb/2026:10:00:00 +0000] "GET /${code} HTTP/1.1" 302 0 "-" ${agent}`,
    /* 11 rejected */ `192.0.2.1 - - [31/Jan/2026:10:00:00 +0000] "GET /${code} HTTP/1.1" 302 0`,
    /* 12 rejected */ 'what is this',
    /* 13 warning  */ `host.example - - [31/Jan/2026:10:00:05 +0000] "GET /${code} HTTP/1.1" 302 0 "-" ${agent}`,
    /* 14 rejected */ `192.0.2.1 - - [31/Dec/1999:10:00:00 +0000] "GET /${code} HTTP/1.1" 302 0 "-" ${agent}`,
    /* 15 click    */ `::ffff:192.0.2.1 - - [31/Jan/2026:09:59:59 +0000] "GET /${code} HTTP/1.1" 302 0 "https://news.ycombinator.com/item?id=1" ${agent}`,
  ];

  test.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
  ])('is counted line by line (%s)', async (_, separator) => {
    const path = file('access.log', lines().join(separator) + separator);
    const report = await importJson([path, '--format', 'combined', '--owner', `owner of ${code}`]);
    expect(report).toMatchObject({
      read: 15,
      accepted: 6,
      first_click: '2026-01-31T09:59:59.000Z',
      last_click: '2026-02-01T04:30:00.000Z',
    });
    // Three methods other than GET, one status, one blank line; the request that never came may count as either.
    expect(Object.values<number>(report.skipped).reduce((sum, count) => sum + count)).toBe(5);
    expect(countsOf(report.rejected)).toBe(4);
    expect(linesOf(report.rejected)).toEqual([10, 11, 12, 14]);
    expect(report.warnings).toEqual({
      'ip is not an IPv4 or IPv6 address: left out': { count: 1, lines: [13] },
    });
    expect(await stored()).toBe(6);

    const rows = await spoor.database.rows(sql`
      SELECT owner_id, short_code, toString(clicked_at), browser, os, referrer FROM clicks
      WHERE startsWith(short_code, ${param('String', code)}) ORDER BY clicked_at, short_code`);
    const google = 'https://www.google.com/search';
    const owner = `owner of ${code}`;
    expect(rows).toEqual([
      [owner, code, '2026-01-31 09:59:59.000', 'Firefox', 'Linux', 'https://news.ycombinator.com/item'],
      [owner, code, '2026-01-31 10:00:00.000', 'Firefox', 'Linux', google],
      [owner, code, '2026-01-31 10:00:00.000', 'Firefox', 'Linux', google],
      [owner, code, '2026-01-31 10:00:05.000', 'Firefox', 'Linux', 'Direct'],
      [owner, `${code}/deep er`, '2026-01-31 19:30:00.000', 'Unknown', 'Unknown', 'Direct'],
      [owner, code, '2026-02-01 04:30:00.000', 'Unknown', 'Unknown', 'Direct'],
    ]);
    const [visitors] = await spoor.database.rows(sql`
      SELECT uniqExact(visitor) FROM clicks WHERE short_code = ${param('String', code)}`);
    expect(visitors).toEqual([3]);
  });

  test('ends for a person with counts, times, a command and a page that show the clicks', async () => {
    const path = file('access.log', `${lines().join('\n')}\n`);
    const args = ['import', path, '--format', 'combined', '--owner', code];
    const { stdout, stderr, code: exit } = await runCommand(args, settings);
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toContain('15 read, 6 accepted');
    expect(stdout).toMatch(/method.* [23]$/m);
    expect(stdout).toMatch(/status.* [12]$/m);
    expect(stdout).toMatch(/blank.* 1$/m);
    expect(stdout).toMatch(/not in the format combined.* 2 +11, 12$/m);
    expect(stdout).toMatch(/ip is not.* 1 +13$/m);
    expect(stdout).toContain('2026-01-31T09:59:59.000Z');
    const [, command] = /npm run spoor -- (stats .*)$/m.exec(stdout) ?? [];
    const shown = await runCommand([...(command ?? '').split(' '), '--json'], settings);
    expect(JSON.parse(shown.stdout).summary.total_clicks).toBe(6);
    const [, address = ''] = /^ {2}(http\S+)$/m.exec(stdout) ?? [];
    expect(address.startsWith(`${spoor.url}/?`)).toBe(true);
    const query = Object.fromEntries(new URL(address).searchParams);
    expect((await spoor.send('GET', '/api/v1/stats', { query })).json.summary.total_clicks).toBe(6);
  });
});

describe('CSV', () => {
  test('with quoted commas, quotes and line breaks; broken rows by their first line’s number', async () => {
    const content = [
      /* 1   */ 'short_code,city,redirect_ms,clicked_at,note',
      /* 2   */ `${code},"New York, NY",12.5,2026-01-01T00:00:00Z,`,
      /* 3–4 */ `${code},"two\r\nlines ""quoted""",,2026-01-01T00:00:01Z,x`,
      /* 5   */ `${code},few,,2026-01-01T00:00:02Z`,
      /* 6   */ `${code},too,,2026-01-01T00:00:02Z,many,cells`,
      /* 7   */ `${code},Berlin,soon,2026-01-01T00:00:03Z,`,
      /* 8   */ '',
      /* 9   */ `,Berlin,1,2026-01-01T00:00:04Z,`,
      /* 10  */ `${code},,,1767225605,`,
      /* 11  */ `${code},"Bad" quote,,2026-01-01T00:00:06Z,`,
      '',
    ].join('\r\n');
    const report = await importJson([file('clicks.csv', content)]);
    expect(report).toMatchObject({ read: 9, accepted: 5, last_click: '2026-01-01T00:00:05.000Z' });
    expect(linesOf(report.rejected)).toEqual([6, 9, 11]);
    expect(linesOf(report.warnings)).toEqual([7]);
    const rows = await spoor.database.rows(sql`
      SELECT city, redirect_ms FROM clicks WHERE short_code = ${param('String', code)} ORDER BY clicked_at`);
    expect(rows).toEqual([
      ['New York, NY', 12.5],
      ['two\r\nlines "quoted"', null],
      ['few', null],
      ['Berlin', null],
      ['Unknown', null],
    ]);
  });

  test('with a quote that is never closed: that row is rejected, and counted', async () => {
    const content = `short_code,city\n${code},Berlin\n${code},"open\n`;
    const report = await importJson([file('clicks.csv', content)]);
    expect(report).toMatchObject({ read: 2, accepted: 1 });
    expect(linesOf(report.rejected)).toEqual([3]);
  });

  test.each(['LF', 'CRLF'])(
    'with a stray quote: its row is rejected, and no good one with it (%s)',
    async (ends) => {
      const row = (place: number): string => `${code},Berlin,${1_767_225_600 + place}`;
      const good = (from: number, count: number) =>
        Array.from({ length: count }, (_, place) => row(from + place));
      const rows = ['short_code,city,clicked_at', ...good(0, 300), `${code},"open,1`, ...good(300, 500)];
      const content = [
        ...rows,
        `${code},"a\nb",1767300000`,
        ...good(800, 10),
        `${code},"open`,
        ...good(810, 3),
      ];
      const path = file(
        'clicks.csv',
        `${content.join('\n')}\n`.replaceAll('\n', ends === 'LF' ? '\n' : '\r\n'),
      );
      const report = await importJson([path]);
      expect(report).toMatchObject({ read: 816, accepted: 814 });
      expect(linesOf(report.rejected)).toEqual([302, 815]);
      expect(await importJson([path])).toMatchObject({ read: 816, accepted: 0, known: 814 });
      expect(await stored()).toBe(814);
    },
  );

  test('with a header line that no server can be told is an error that says so', async () => {
    const path = file('clicks.csv', `short_code,${'column with a long name,'.repeat(8_000)}x\n${code}\n`);
    const { code: exit, stderr } = await runCommand(['import', path, '--json'], settings);
    expect(exit).toBe(1);
    expect(stderr).toMatch(/^[^\n]*header line is too long[^\n]*\n$/);
    expect(stderr).not.toContain('again');
  });

  test('with a byte-order mark, blanks round the names and columns nobody knows', async () => {
    const content = `\uFEFF short_code , what ,city\n${code},x,Berlin\n`;
    expect(await importJson([file('clicks.csv', content)])).toMatchObject({ read: 1, accepted: 1 });
  });

  test('without a column short_code is an error in one line', async () => {
    const {
      code: exit,
      stdout,
      stderr,
    } = await runCommand(['import', file('clicks.csv', 'code,city\na,Berlin\n'), '--json'], settings);
    expect([exit, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^[^\n]*short_code[^\n]*\n$/);
  });

  test.each([
    ['nothing', ''],
    ['a header alone', 'short_code,city\n'],
    ['a header without its line break', 'short_code,city'],
  ])('%s holds no clicks', async (_, content) => {
    expect(await importJson([file('clicks.csv', content)])).toMatchObject({
      read: 0,
      accepted: 0,
      skipped: {},
      rejected: {},
      warnings: {},
      first_click: null,
      last_click: null,
      stats_command: null,
      page_url: null,
    });
  });
});

describe('NDJSON', () => {
  test('each line by the rules of the API; line numbers of the first rejected ones', async () => {
    const good = JSON.stringify({ short_code: code });
    const content = [good, '', '{"short_code":', '{}', '[]', good, ' ', good, '{"short_code":5}'].join('\n');
    const report = await importJson([file('clicks.ndjson', content)]);
    expect(report).toMatchObject({ read: 9, accepted: 3 });
    expect(linesOf(report.rejected)).toEqual([3, 4, 5, 9]);
    expect(await stored()).toBe(3);
  });

  test('a line that is too long is rejected whole, and what follows it is read right', async () => {
    const content = [
      JSON.stringify({ short_code: code, note: 'x'.repeat(5_000_000) }),
      JSON.stringify({ short_code: code, clicked_at: '2026-01-01' }),
      // Cut in its middle it would be a click.
      `{"short_code":"${code}","note":"${'x'.repeat(70_000)}","short_code":"${code}-cut"}${' '.repeat(5_000_000)}`,
      `${'x'.repeat(5_000_000)}{"short_code":"${code}"}`,
      JSON.stringify({ short_code: code, clicked_at: '2026-01-02' }),
    ].join('\n');
    for (const packed of [content, gzipSync(content)]) {
      const report = await importJson([file('clicks.ndjson', packed)]);
      expect([report.read, linesOf(report.rejected)]).toEqual([5, [1, 3, 4]]);
      expect(Object.keys(report.rejected)).toEqual(['longer than 1 MiB']);
    }
    expect(await stored()).toBe(2);
  });

  test('that ends with blank lines counts nothing twice', async () => {
    const path = file('a.ndjson', `${ndjson(3)}\n\n`);
    expect(await importJson([path])).toMatchObject({ read: 5, accepted: 3, skipped: { 'blank line': 2 } });
    expect(await importJson([path])).toMatchObject({ read: 5, accepted: 0 });
    expect(await stored()).toBe(3);
  });

  test('names the new URLs’ owner: admin, or --owner; a known URL keeps its own', async () => {
    await importJson([file('a.ndjson', ndjson(1))]);
    await importJson([file('b.ndjson', `${ndjson(1, 1)}{"short_code":"${code}/b"}\n`), '--owner', 'me']);
    const rows = await spoor.database.rows(sql`
      SELECT short_code, owner_id FROM urls FINAL
      WHERE startsWith(short_code, ${param('String', code)}) ORDER BY short_code`);
    expect(rows).toEqual([
      [code, 'admin'],
      [`${code}/b`, 'me'],
    ]);
  });

  test('gzipped, whatever it is called, and from standard input', async () => {
    expect(await importJson([file('a.ndjson.gz', gzipSync(ndjson(2)))])).toMatchObject({ accepted: 2 });
    expect(await importJson([file('b.log.1', gzipSync(ndjson(3, 10)))])).toMatchObject({
      accepted: 3,
      files: [{ format: 'ndjson' }],
    });
    expect(await importJson(['-'], ndjson(4, 20))).toMatchObject({ accepted: 4 });
    expect(await importJson(['-', '--format', 'ndjson'], gzipSync(ndjson(5, 30)))).toMatchObject({
      accepted: 5,
    });
    expect(await stored()).toBe(14);
  });

  test('several files in one command, of several formats', async () => {
    const first = file('a.ndjson', ndjson(2));
    const second = file('b.csv', `short_code,click_id\n${code},x\n`);
    const report = await importJson([first, second]);
    expect(report).toMatchObject({
      read: 3,
      accepted: 3,
      files: [
        { file: first, read: 2, accepted: 2 },
        { file: second, read: 1, accepted: 1 },
      ],
    });
    expect(await stored()).toBe(3);
  });

  test('is in the running server’s very next answer', async () => {
    const key = await spoor.createKey(code);
    const path = file('a.ndjson', ndjson(7));
    for (const line of [7, 10]) {
      if (line > 7) appendFileSync(path, ndjson(3, 7));
      await importJson([path, '--owner', code]);
      const query = { start_date: '2000-01-01' };
      const { json } = await spoor.send('GET', '/api/v1/stats', { key, query });
      expect(json.summary.total_clicks).toBe(line);
    }
  });
});

describe('an export of another service', () => {
  test('is the same clicks in each of its formats', async () => {
    const rows = [
      ['1', '2026-01-24 10:05:03', code, 'direct', 'curl/8.5.0', '203.0.113.7', 'US'],
      ['2', '2026-01-24 10:05:04', code, 'https://t.co/x?y', 'say "hi"', '203.0.113.8', ''],
    ];
    const quoted = (quote: string, doubled: string) =>
      rows.map((row) => row.map((cell) => quote + cell.replaceAll('"', doubled) + quote).join(','));
    const header = 'click_id,click_time,shorturl,referrer,user_agent,ip_address,country_code';
    const csv = file('yourls.csv', [header, ...quoted('"', '""'), ''].join('\n'));
    const dump = file(
      'yourls.sql',
      `INSERT INTO yourls_log (${header}) VALUES (${quoted("'", '\\"').join('),(')});\n`,
    );
    expect(await importJson([csv])).toMatchObject({ accepted: 2, files: [{ format: 'yourls' }] });
    expect(await importJson([dump])).toMatchObject({
      known: 2,
      accepted: 0,
      files: [{ format: 'yourls-sql' }],
    });
    const stored = await spoor.database.rows(sql`
      SELECT click_id, country, referrer, is_bot FROM clicks
      WHERE short_code = ${param('String', code)} ORDER BY clicked_at`);
    expect(stored).toEqual([
      ['1', 'US', 'Direct', true],
      ['2', 'XX', 'https://t.co/x', false],
    ]);
  });

  test('has the names that --map says', async () => {
    const path = file('clicks.csv', `slug|when\n/${code}|2026-01-24\n`);
    const args = [path, '--map', 'short_code=slug', '--map', 'clicked_at=when', '--delimiter', '|'];
    expect(await importJson(args)).toMatchObject({ accepted: 1, first_click: '2026-01-24T00:00:00.000Z' });
    expect(await stored()).toBe(1);
  });
});

describe('with --known-codes', () => {
  test('clicks of URLs that are not registered are left out, and counted', async () => {
    await importJson([file('a.ndjson', ndjson(1))]);
    const lines = ['', '/x', '', '/y'].map(
      (end) => `{"short_code":"${code}${end}","clicked_at":"2026-02-01"}\n`,
    );
    const path = file('b.ndjson', lines.join(''));
    expect(await importJson([path, '--known-codes'])).toMatchObject({
      read: 4,
      accepted: 2,
      skipped: { unknown_code: 2 },
    });
    expect(await stored()).toBe(3);
    expect((await spoor.send('GET', `/api/v1/urls/${code}%2Fx`)).status).toBe(404);
    const unknown = file('c.ndjson', lines[1] ?? '');
    const { code: exit, stderr } = await runCommand(['import', unknown, '--known-codes'], settings);
    expect([exit, stderr]).toEqual([1, expect.stringContaining('no click among the 1 read')]);
  });
});

describe('a dry run', () => {
  test('shows what the import would do, and stores nothing', async () => {
    const lines = Array.from({ length: 30 }, (_, place) => {
      const path = place < 20 ? `${code}/often` : `${code}/${place}`;
      const second = String(place).padStart(2, '0');
      return `203.0.113.7 - - [24/Jan/2026:10:05:${second} +0000] "GET /${path} HTTP/1.1" 302 0 "https://t.co/?x" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"\n`;
    });
    const path = file('access.log', `${lines.join('')}what is this\n`);
    const report = await importJson([path, '--dry-run', '--owner', code]);
    expect(report).toMatchObject({
      dry_run: true,
      read: 31,
      accepted: 30,
      stats_command: null,
      page_url: null,
    });
    expect(report.clicks).toHaveLength(10);
    expect(report.clicks[0]).toMatchObject({
      short_code: `${code}/often`,
      clicked_at: '2026-01-24T10:05:00.000Z',
      referrer: 'https://t.co',
      browser: 'Firefox',
      os: 'Linux',
      is_bot: false,
    });
    expect(report.clicks[0]).not.toHaveProperty('visitor');
    expect(report.commonest).toHaveLength(10);
    expect(report.commonest[0]).toEqual({ short_code: `${code}/often`, clicks: 20 });
    expect(await stored()).toBe(0);
    expect((await spoor.send('GET', `/api/v1/urls/${code}%2Foften`)).status).toBe(404);

    const { dry_run: isDryRun, ...imported } = await importJson([path, '--owner', code]);
    expect(isDryRun).toBe(false);
    const counts = ['read', 'accepted', 'known', 'skipped', 'rejected', 'first_click', 'last_click'];
    for (const name of counts) expect([name, imported[name]]).toEqual([name, report[name]]);
    expect(await stored()).toBe(30);
    expect(await importJson([path, '--dry-run', '--owner', code])).toMatchObject({ accepted: 0, known: 30 });
  });

  test('prints the clicks and codes, and exits as the import would', async () => {
    const path = file('a.ndjson', ndjson(3));
    const dry = await runCommand(['import', path, '--dry-run'], settings);
    expect([dry.code, dry.stderr]).toEqual([0, '']);
    expect(dry.stdout).toContain('3 read, 3 accepted');
    expect(dry.stdout).toMatch(new RegExp(`2026-01-01T00:02:00.000Z +${code} +Direct`));
    expect(dry.stdout).toMatch(new RegExp(`^${code} +3$`, 'm'));
    expect(dry.stdout).toContain('nothing is stored');
    const bad = file('b.ndjson', `{"short_code":""}\n`);
    const failed = await runCommand(['import', bad, '--dry-run'], settings);
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('no click among the 1 read')]);
    expect(await stored()).toBe(0);
  });
});

describe('again', () => {
  test('equal lines are separate clicks, over the same file none is counted twice', async () => {
    const line = `${JSON.stringify({ short_code: code, clicked_at: '2026-01-01' })}\n`;
    const path = file('a.ndjson', line.repeat(5));
    expect(await importJson([path])).toMatchObject({ read: 5, accepted: 5 });
    for (let again = 0; again < 2; again++) {
      const report = await importJson([path]);
      expect(report).toMatchObject({
        read: 5,
        accepted: 0,
        known: 5,
        skipped: {},
        first_click: '2026-01-01T00:00:00.000Z',
      });
    }
    expect(await stored()).toBe(5);
  });

  test('a renamed, gzipped or piped copy adds nothing', async () => {
    const path = file('a.ndjson', ndjson(5));
    await importJson([path]);
    const copy = join(folder, `${code}-copy.ndjson`);
    copyFileSync(path, copy);
    expect(await importJson([copy])).toMatchObject({ accepted: 0 });
    const packed = file('b.ndjson.gz', gzipSync(readFileSync(path)));
    expect(await importJson([packed])).toMatchObject({ accepted: 0 });
    expect(await importJson(['-', '--format', 'ndjson'], readFileSync(path))).toMatchObject({ accepted: 0 });
    expect(await stored()).toBe(5);
  });

  test('a file that grew, over several batches, adds its new lines alone', async () => {
    const path = file('a.ndjson', '');
    let from = 0;
    for (const count of [20_500, 300]) {
      appendFileSync(path, ndjson(count, from));
      from += count;
      expect(await importJson([path])).toMatchObject({ read: from, accepted: count });
      expect(await stored()).toBe(from);
    }
  });

  test.each([
    ['cut in the middle, and later completed', 20, 3],
    ['whole, its line break later', 0, 4],
  ])('a last line that is %s is counted once', async (_, cut, first) => {
    const [last = ''] = ndjson(1, 3).split('\n');
    const path = file('a.ndjson', ndjson(3) + last.slice(0, last.length - cut));
    expect(await importJson([path])).toMatchObject({ read: 4, accepted: first });
    appendFileSync(path, `${last.slice(last.length - cut)}\n${ndjson(2, 4)}`);
    expect(await importJson([path])).toMatchObject({ read: 6, accepted: 6 - first });
    expect(await importJson([path])).toMatchObject({ accepted: 0 });
    expect(await stored()).toBe(6);
  });

  test('a last line of a log without its line end is left for the next import', async () => {
    const line = (second: number) =>
      `192.0.2.1 - - [31/Jan/2026:10:00:0${second} +0000] "GET /${code} HTTP/1.1" 302 0 "-" "Agent/1"`;
    const path = file('access.log', `${line(0)}\n${line(1)}`);
    expect(await importJson([path])).toMatchObject({ read: 1, accepted: 1, unfinished: 1 });
    appendFileSync(path, '\n');
    expect(await importJson([path])).toMatchObject({ read: 2, accepted: 1, known: 1, unfinished: 0 });
    expect(await stored()).toBe(2);
  });

  test('a file that was rotated adds what the earlier one did not hold', async () => {
    await importJson([file('a.ndjson', ndjson(3))]);
    expect(await importJson([file('b.ndjson', ndjson(3, 1))])).toMatchObject({ accepted: 1, known: 2 });
    expect(await stored()).toBe(4);
  });

  test('two imports of one file at once count it once', async () => {
    const path = file('a.ndjson', ndjson(500));
    const twice = Array.from({ length: 2 }, () => [['import', path, '--json'], settings] as const);
    expect((await runEach(twice)).map(({ code: exit }) => exit)).toEqual([0, 0]);
    expect(await stored()).toBe(500);
  });
});

test('imports are listed, shown and undone, and can be made again with another owner', async () => {
  const path = file('wrong.ndjson', ndjson(3));
  const wrong = await importJson([path, '--owner', `not ${code}`]);
  const id = wrong.files[0].import_id;
  const run = async (...args: readonly string[]) => (await runCommand(args, settings)).stdout;
  expect(await run('imports', 'list')).toMatch(new RegExp(`^${id} .* done .*wrong.ndjson$`, 'm'));
  expect(await run('imports', 'show', id)).toMatch(/done[^]*3 read, 3 accepted/);
  expect(await run('imports', 'undo', id)).toMatch(/removed 3 clicks and 1 URLs/);
  expect(JSON.parse(await run('imports', 'show', id, '--json')).state).toBe('undone');
  expect(await importJson([path, '--owner', code])).toMatchObject({ accepted: 3 });
  const [row] = await spoor.database.rows<[string]>(
    sql`SELECT any(owner_id) FROM clicks WHERE short_code = ${param('String', code)}`,
  );
  expect([await stored(), row]).toEqual([3, [code]]);
});

describe('an import that was interrupted', () => {
  test('by kill -9 in the middle of its file is completed by the next', async () => {
    const whole = ndjson(21_500);
    const command = new SpoorProcess(['import', '-', '--format', 'ndjson'], settings);
    command.write(ndjson(21_000));
    await waitUntil('the first batch', async () => (await stored()) > 0);
    command.signal('SIGKILL');
    expect(await command.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
    await importJson([file('a.ndjson', whole)]);
    expect(await stored()).toBe(21_500);
  });

  test('by a failure of ClickHouse says so, and is completed by the next', async () => {
    const path = file('a.ndjson', ndjson(10));
    await spoor.database.commandText('RENAME TABLE clicks TO clicks_away');
    const failed = await runCommand(['import', path, '--json'], settings);
    await spoor.database.commandText('RENAME TABLE clicks_away TO clicks');
    expect([failed.code, failed.stdout]).toEqual([1, '']);
    expect(failed.stderr).toMatch(/^[^\n]+\n$/);
    expect(await importJson([path])).toMatchObject({ accepted: 10 });
    expect(await stored()).toBe(10);
  });

  test('in its data, by damaged gzip, keeps what came before and says so', async () => {
    const packed = gzipSync(ndjson(10));
    const path = file('a.ndjson.gz', packed.subarray(0, -10));
    const { code: exit, stderr } = await runCommand(['import', path, '--json'], settings);
    expect(exit).toBe(1);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    writeFileSync(path, packed);
    await importJson([path]);
    expect(await stored()).toBe(10);
  });
});

describe('a file that is followed', () => {
  const clicks = (count: number): Promise<boolean> =>
    waitUntil(`${count} clicks`, async () => (await stored()) === count);
  const imports = async (): Promise<any[]> =>
    (await spoor.send('GET', '/api/v1/imports')).json.items.filter(
      ({ file: name }: { file: string | null }) => name?.includes(`${code}.log`) ?? false,
    );

  test('is one import: appended lines, half ones, rotated and cut, until SIGTERM', async () => {
    const lines = ndjson(9).split('\n');
    const line = (place: number): string => `${lines[place]}\n`;
    const path = file(`${code}.log`, line(0));
    const command = new SpoorProcess(['import', path, '--follow', '--owner', 'me', '--json'], settings);
    await clicks(1);
    appendFileSync(path, line(1) + line(2).slice(0, 20));
    await clicks(2);
    appendFileSync(path, line(2).slice(20));
    await clicks(3);
    renameSync(path, `${path}.1`);
    writeFileSync(path, line(3));
    appendFileSync(`${path}.1`, line(4));
    await clicks(5);
    truncateSync(path);
    appendFileSync(path, line(5));
    await clicks(6);
    appendFileSync(path, `${line(6)}nothing\n${line(7)}`);
    await clicks(8);
    expect((await imports()).map(({ state }) => state)).toEqual(['running']);
    appendFileSync(path, line(8).trimEnd());
    command.signal('SIGTERM');
    const { code: exit, stdout } = await command.ended;
    expect(exit).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ accepted: 8, known: 0, untimed: 0, files: [{ format: 'ndjson' }] });
    expect(countsOf(report.rejected)).toBe(1);
    const [one, ...others] = await imports();
    expect([one, others]).toMatchObject([{ state: 'done', accepted: 8, owner_id: 'me' }, []]);
    const undone = await spoor.send('DELETE', `/api/v1/imports/${one.id}`);
    expect(undone.json).toEqual({ removed_clicks: 8, removed_urls: 1 });
  });

  test('goes on as the same import when its server is started again, and counts nothing twice', async () => {
    const own = {
      SPOOR_DATA_DIR: join(folder, 'restarted'),
      CLICKHOUSE_DATABASE: `test_restarted_${process.pid}`,
    };
    const first = await startSpoor(own);
    const total = async (server: TestSpoor): Promise<number> => {
      const [row] = await server.database.rows<[number]>(sql`SELECT count() FROM clicks`);
      return row?.[0] ?? 0;
    };
    const [line = ''] = ndjson(1).split('\n');
    const command = new SpoorProcess(['import', '-', '--follow', '--json'], own);
    command.write(`${line}\n`);
    await waitUntil('one click', async () => (await total(first)) === 1);
    // Equal to the one before, in a part of its own.
    command.write(`${line}\n`);
    await waitUntil('two clicks', async () => (await total(first)) === 2);
    await first.running.stop();
    command.write(`${line}\n`);
    const second = await startSpoor(own);
    try {
      await waitUntil('three clicks', async () => (await total(second)) === 3);
      command.end(ndjson(1, 1).trimEnd());
      const { code: exit, stdout, stderr } = await command.ended;
      expect([exit, await total(second)]).toEqual([0, 4]);
      expect(JSON.parse(stdout)).toMatchObject({ accepted: 4, known: 2 });
      expect(stderr.split('\n')).toEqual([
        'Following - until Ctrl-C or SIGTERM.',
        expect.stringContaining('Waiting for it.'),
        'The server responds again: going on.',
        '',
      ]);
      const { items } = (await second.send('GET', '/api/v1/imports')).json;
      expect(items).toMatchObject([{ state: 'done', accepted: 4 }]);
    } finally {
      await second.stop();
      await first.database.close();
    }
  });

  test.each([
    [['a.log', 'b.log'], '--follow takes one file.'],
    [['a.log', '--dry-run'], '--follow cannot be combined with --dry-run.'],
    [['a.log', '--allow-duplicates'], '--follow cannot be combined with --allow-duplicates.'],
  ])('is refused in %j', async (args, message) => {
    const { code: exit, stderr } = await runCommand(['import', '--follow', ...args], settings);
    expect([exit, stderr]).toEqual([2, `spoor: ${message} (see --help)\n`]);
  });
});

describe('without a server', () => {
  test('a command starts an engine of its own, and the next one goes on from there', async () => {
    const own = { SPOOR_DATA_DIR: join(folder, 'own') };
    const piped = await runCommand(['import', '-', '--format', 'ndjson', '--json'], own, ndjson(100));
    expect(JSON.parse(piped.stdout)).toMatchObject({ read: 100, accepted: 100 });
    const path = file('a.ndjson', ndjson(150));
    const again = await runCommand(['import', path, '--json'], own);
    expect(JSON.parse(again.stdout)).toMatchObject({ read: 150, accepted: 50 });
    const stats = await runCommand(['stats', '--start-date', '2000-01-01', '--json'], own);
    expect(JSON.parse(stats.stdout).summary.total_clicks).toBe(150);
    expect(processesNaming(own.SPOOR_DATA_DIR)).toEqual([]);
  });

  test('Ctrl-C ends the command and its engine; the next one completes the import', async () => {
    const own = { SPOOR_DATA_DIR: join(folder, 'stopped') };
    const command = new SpoorProcess(['import', '-', '--format', 'ndjson'], own);
    command.write(ndjson(20_500));
    await waitUntil('the engine', () => processesNaming(own.SPOOR_DATA_DIR).length > 0);
    command.signalGroup('SIGINT');
    const { code: exit, signal } = await command.ended;
    expect(exit === 0 && signal === null).toBe(false);
    await waitUntil('the engine to end', () => processesNaming(own.SPOOR_DATA_DIR).length === 0);
    const path = file('a.ndjson', ndjson(20_600));
    const again = await runCommand(['import', path, '--json'], own);
    expect([again.code, again.stderr]).toEqual([0, '']);
    const stats = await runCommand(['stats', '--start-date', '2000-01-01', '--json'], own);
    expect(JSON.parse(stats.stdout).summary.total_clicks).toBe(20_600);
  });
});

describe('what can be no input is one line and exit 1', () => {
  const shell = async (words: string): Promise<Ended> => {
    const child = spawn('bash', ['-c', `'${process.execPath}' dist/cli.js import --json ${words}`], {
      cwd: PACKAGE_ROOT,
      env: { PATH: process.env['PATH'] ?? '', ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
    const [exit, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { code: exit, signal, stdout: await stdout, stderr: await stderr };
  };

  test.each([
    ['a closed standard input', '- --format ndjson <&-', /Standard input is closed/],
    ['a directory as standard input', '- --format ndjson < .', /Standard input is a directory/],
    ['a pipe that ends at once', '<(true) --format ndjson', /ended without any data/],
  ])('%s', async (_, words, sentence) => {
    const { code: exit, stdout, stderr } = await shell(words);
    expect([exit, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^spoor: [^\n]+\n$/);
    expect(stderr).toMatch(sentence);
  });

  test.each([
    [['package.json/clicks.csv'], /no such folder/],
    [['/proc/self/mem', '--format', 'ndjson'], /cannot be read: EIO/],
  ])('%j', async (args, sentence) => {
    const { code: exit, stdout, stderr } = await runCommand(['import', '--json', ...args], settings);
    expect([exit, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^spoor: [^\n]+\n$/);
    expect(stderr).toMatch(sentence);
  });

  test('an empty file is not', async () => {
    expect(await importJson(['/dev/null', '--format', 'csv'])).toMatchObject({ read: 0, accepted: 0 });
  });

  test.each(['- --format ndjson < /dev/null', '- --format csv < <(true)'])(
    'an empty input is not: %s',
    async (words) => {
      const { code: exit, stdout, stderr } = await shell(words);
      expect([exit, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toMatchObject({ read: 0, accepted: 0 });
    },
  );
});

describe('an import that ends without a click', () => {
  test.each([
    [
      'is exit 1 with its first line',
      [],
      'what is this\n{"short_code":""}\n',
      /first line is "what is this"/,
    ],
    [
      'names the format that it is in',
      ['--format', 'common'],
      '{"short_code":"a"}\n',
      /looks like the format ndjson/,
    ],
    [
      'may have requests that are none',
      [],
      '192.0.2.1 - - [31/Jan/2026:10:00:00 +0000] "POST /a HTTP/1.1" 200 0\n',
      /no click among the 1 read/,
    ],
  ])('%s', async (_, options, content, sentence) => {
    const path = file('a.ndjson', content);
    const { code: exit, stdout, stderr } = await runCommand(['import', path, ...options, '--json'], settings);
    expect(exit).toBe(1);
    expect(stderr).toMatch(/^spoor: [^\n]+\n$/);
    expect(stderr).toMatch(sentence);
    expect(JSON.parse(stdout)).toMatchObject({ accepted: 0 });
  });

  test('is a failure with --strict if one line is rejected', async () => {
    const path = file('a.ndjson', `${ndjson(2)}x\n`);
    const strict = await runCommand(['import', path, '--json', '--strict'], settings);
    expect([strict.code, strict.stderr]).toEqual([1, expect.stringContaining('1 rejected')]);
    expect(JSON.parse(strict.stdout)).toMatchObject({ accepted: 2 });
    expect(await importJson([file('b.ndjson', ndjson(2, 2)), '--strict'])).toMatchObject({ accepted: 2 });
    expect(await importJson([path])).toMatchObject({ accepted: 0 });
  });
});

describe('a command that cannot work', () => {
  const wrong: readonly (readonly [string, number, (path: string) => readonly string[]])[] = [
    ['a file that is not there', 1, (path) => [`${path}.gone.ndjson`]],
    ['a directory', 1, () => [folder, '--format', 'ndjson']],
    ['a good file and one that is not there', 1, (path) => [path, `${path}.gone.ndjson`]],
    ['content that tells no format', 1, () => ['LICENSE']],
    ['a log format that tells no click', 2, (path) => [path, '--log-format', '$remote_addr']],
    ['an unknown encoding', 2, (path) => [path, '--encoding', 'utf-99']],
    ['a map to no field of a click', 2, (path) => [path, '--map', 'code=slug']],
    ['a map from a field that no line has', 1, (path) => [path, '--map', 'short_code=slug']],
    ['a map of a log', 2, (path) => [path, '--map', 'short_code=slug', '--format', 'combined']],
    ['an unknown format', 2, (path) => [path, '--format', 'xml']],
    ['no file at all', 2, () => []],
  ];
  let results: readonly Ended[];
  beforeAll(async () => {
    const path = file('a.ndjson', '{"short_code":"never"}\n');
    results = await runCommands(wrong.map(([, , args]) => [['import', ...args(path), '--json'], settings]));
  });

  test.each(wrong.map(([name, exit], place) => [name, exit, place] as const))(
    '%s: exit %i, the reason alone on standard error',
    (_, exit, place) => {
      expect(results[place]).toMatchObject({ code: exit, stdout: '' });
      expect(results[place]?.stderr).toMatch(exit === 1 ? /^[^\n]+\n$/ : /\S/);
    },
  );

  test('imports nothing', async () => {
    expect((await spoor.send('GET', '/api/v1/urls/never')).status).toBe(404);
  });
});
