import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const run = promisify(execFile);
const packages = createRequire(import.meta.url);

/** What a user writes who has the generated client: each line must fit the types that the document promises. */
const USAGE = `
import { Api } from './client.ts';

const [url, key] = process.argv.slice(2);
const api = new Api({
  baseUrl: url ?? '',
  securityWorker: () => ({ headers: { authorization: \`Bearer \${key}\` } }),
});

const { data: sent } = await api.api.sendClicks([
  { short_code: 'launch', clicked_at: '2026-01-24T10:00:00Z', browser: 'Chrome', ip: '203.0.113.7' },
  { short_code: 'launch', clicked_at: '2026-01-25T10:00:00Z', browser: 'Firefox', redirect_ms: 2.5 },
  { short_code: '' },
]);
const accepted: number = sent.accepted;
const field: string | undefined = sent.rejected[0]?.field;

const { data: stats } = await api.api.getStats({
  start_date: '2026-01-24',
  end_date: '2026-01-25',
  group_by: 'time,browser',
  interval: 'day',
  limit: 10,
  breakdown: true,
  compare: 'previous',
});
const total: number = stats.summary.total_clicks;
const before: number | undefined = stats.previous?.summary.total_clicks;
const days = stats.metrics.clicks_by_time?.map(({ time, clicks }): [string, number] => [time, clicks]);
const browsers = stats.metrics.clicks_by_browser?.map((row) => row.browser);

const { data: changed } = await api.api.putUrl('launch', { private_stats: false });
const isPrivate: boolean = changed.private_stats;
const { data: urls } = await api.api.listUrls({ limit: 1 });
const { data: file } = await api.api.getExport({ format: 'json', group_by: 'country' }, { format: 'blob' });
const exported = JSON.parse(await file.text());

const refused = await api.api.getStats({ timezone: 'Nowhere' }).then(
  () => undefined,
  (answer: Awaited<ReturnType<typeof api.api.getStats>>) => [
    answer.status,
    typeof answer.error === 'object' ? answer.error.code : undefined,
  ],
);

// @ts-expect-error There is no such interval.
const wrongValue = () => api.api.getStats({ interval: 'fortnight' });
// @ts-expect-error There is no such field.
const wrongField = () => stats.summary.clicks;
// @ts-expect-error A click has a short code.
const wrongClick = () => api.api.sendClicks({ browser: 'Chrome' });

const { data: erased } = await api.api.eraseClicks({ short_code: 'launch' });
console.log(
  JSON.stringify({ accepted, field, total, before, days, browsers, isPrivate, urls: urls.items.length,
    exported: exported.summary.total_clicks, refused, erased: erased.erased, unused: [wrongValue, wrongField, wrongClick].length }),
);
`;

const OPTIONS = [
  '--noEmit',
  '--ignoreConfig',
  '--strict',
  '--noUncheckedIndexedAccess',
  '--skipLibCheck',
  '--checkers',
  '1',
];
const PLATFORM = [
  '--target',
  'es2022',
  '--module',
  'nodenext',
  '--lib',
  'es2022,dom,dom.iterable',
  '--types',
  'node',
];

let spoor: TestSpoor;
let folder: string;
beforeAll(async () => {
  spoor = await startSpoor();
  folder = mkdtempSync(join(tmpdir(), 'spoor-client-'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  symlinkSync(join(PACKAGE_ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'usage.ts'), USAGE);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await spoor.stop();
});

test('a client generated from the document fits its types, and works', async () => {
  const generator = join(dirname(packages.resolve('swagger-typescript-api')), 'cli.mjs');
  const { text } = await spoor.send('GET', '/openapi.json', { key: null });
  writeFileSync(join(folder, 'openapi.json'), text);
  await run(
    process.execPath,
    [generator, 'generate', '--path', 'openapi.json', '--output', '.', '--name', 'client.ts'],
    {
      cwd: folder,
    },
  );
  const client = join(folder, 'client.ts');
  const unchecked = readFileSync(client, 'utf8');
  expect(unchecked).toContain('// @ts-nocheck');
  writeFileSync(client, unchecked.replace('// @ts-nocheck', ''));
  const compiler = join(PACKAGE_ROOT, 'node_modules/.bin/tsc');
  const checked = await run(compiler, [...OPTIONS, '--allowImportingTsExtensions', ...PLATFORM, 'usage.ts'], {
    cwd: folder,
  }).catch((error: { stdout: string }) => error);
  expect(checked.stdout).toBe('');
  const key = await spoor.createKey('client', ['admin:all']);
  const { stdout } = await run(join(PACKAGE_ROOT, 'node_modules/.bin/tsx'), ['usage.ts', spoor.url, key], {
    cwd: folder,
  });
  expect(JSON.parse(stdout)).toEqual({
    accepted: 2,
    field: 'short_code',
    total: 2,
    before: 0,
    days: [
      ['2026-01-24', 1],
      ['2026-01-25', 1],
    ],
    browsers: ['Chrome', 'Firefox'],
    isPrivate: false,
    urls: 1,
    exported: 2,
    refused: [400, 'validation_error'],
    erased: 2,
    unused: 3,
  });
});
