import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import { type Ended, SpoorProcess, endProcesses, newFolder, runSpoor } from '../support/process.ts';

/** Packing builds, and npm installs some 280 packages. */
const INSTALL_MS = 300_000;

const run = promisify(execFile);

const manifestSchema = z.object({
  version: z.string(),
  optionalDependencies: z.record(z.string(), z.string()),
});

/** The folder of a user who has installed the package. */
let folder: string;
/** The package as it is installed there. */
let installed: string;
let settings: Readonly<Record<string, string>>;
let url: string;
/** A server that is to send spans without the packages that do. */
let withoutPackages: Ended;

beforeAll(async () => {
  const root = newFolder();
  folder = join(root, 'user');
  installed = join(folder, 'node_modules/spoor');
  settings = { SPOOR_DATA_DIR: join(root, 'data') };
  await npm(['install', '--prefix', folder, '--prefer-offline', '--omit=optional', await packed(root)], root);
  const collected = { ...settings, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
  withoutPackages = await runSpoor(['serve'], collected, '', installed);
  linkOptionalDependencies();
  url = await new SpoorProcess(['serve'], settings, installed).listening();
}, INSTALL_MS);
afterAll(endProcesses);

/** Packs a copy of the sources in which nothing is built. @returns the archive */
async function packed(root: string): Promise<string> {
  const copy = join(root, 'copy');
  for (const name of [
    'src',
    'clickhouse',
    'package.json',
    'tsconfig.json',
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
  ])
    cpSync(join(PACKAGE_ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(PACKAGE_ROOT, 'node_modules'), join(copy, 'node_modules'));
  await npm(['pack', '--pack-destination', root], copy);
  const archive = readdirSync(root).find((name) => name.endsWith('.tgz'));
  if (archive === undefined) throw new Error('npm pack has written no archive.');
  return join(root, archive);
}

/** The engine and the place database are 700 MB: they are linked here, as the installed package declares them. */
function linkOptionalDependencies(): void {
  for (const name of Object.keys(manifest().optionalDependencies)) linkDependency(name);
}

function linkDependency(name: string): void {
  const target = join(folder, 'node_modules', name);
  // Some are required by another package, too.
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(join(PACKAGE_ROOT, 'node_modules', name), target);
}

const manifest = () =>
  manifestSchema.parse(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')));

/** npm as a user runs it: what the `npm test` around this has set in the environment is not handed on. */
async function npm(args: readonly string[], cwd: string): Promise<void> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS$)/i.test(name)),
  );
  await run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, env });
}

/** Runs the command that npm has put in place, with its folder on the PATH, as a shell line. */
async function shell(line: string): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH: `${join(folder, 'node_modules/.bin')}:${PATH}`, HOME, ...settings };
  return (await run('sh', ['-c', line], { cwd: folder, env })).stdout;
}

test('the archive holds what runs and what is read, and nothing else', () => {
  expect(readdirSync(installed).toSorted()).toEqual([
    'CHANGELOG.md', 'LICENSE', 'README.md', 'clickhouse', 'dist', 'package.json',
  ]); // prettier-ignore
  expect(readdirSync(join(installed, 'dist')).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('the command is called spoor, and its help names no npm', async () => {
  expect(await shell('spoor --version')).toBe(`${manifest().version}\n`);
  for (const command of ['', 'serve', 'import', 'keys create']) {
    const help = await shell(`spoor ${command} --help`);
    expect(help).toMatch(new RegExp(`^Usage: spoor ${command}`));
    expect(help).not.toContain('npm');
    if (help.includes('Example')) expect(help).toMatch(/^ {2}(?:[A-Z_]+=\S+ )*spoor /m);
  }
});

test('without the packages of OpenTelemetry one line says how to install them', () => {
  expect(withoutPackages).toMatchObject({
    code: 1,
    stderr:
      'spoor: OTEL_EXPORTER_OTLP_ENDPOINT needs packages that are not installed: run npm install --include=optional.\n',
  });
});

test('it serves the dashboard, the API document and its page', async () => {
  for (const [path, text] of [
    ['/', '<title>'],
    ['/docs', '<title>'],
    ['/openapi.json', '"openapi"'],
  ] as const) {
    const response = await fetch(url + path);
    expect([path, response.status, await response.text()]).toEqual([
      path,
      200,
      expect.stringContaining(text),
    ]);
  }
});

test('it imports, and the command that this suggests shows what was imported', async () => {
  const log = join(PACKAGE_ROOT, 'test/data/access.log');
  const report = await shell(`spoor import '${log}' --format combined --owner me`);
  const [, suggested] = /^ {2}(spoor stats .*)$/m.exec(report) ?? [];
  const stats = JSON.parse(await shell(`${suggested} --json`));
  expect(stats.summary.total_clicks).toBe(5);
});

test.each(['json', 'csv', 'xml', 'xlsx'])('it exports %s', async (format) => {
  await shell(`spoor export --format ${format} -o 'clicks.${format}' --owner me --group-by time,country`);
  expect(readFileSync(join(folder, `clicks.${format}`)).length).toBeGreaterThan(100);
});

test('without the engine it says in one line what is missing', async () => {
  const engine = join(folder, 'node_modules/chdb');
  unlinkSync(engine);
  try {
    const { code, stderr } = await runSpoor(
      ['stats'],
      { SPOOR_DATA_DIR: join(folder, 'data') },
      '',
      installed,
    );
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^spoor: [^\n]*--include=optional[^\n]*\n$/)]);
  } finally {
    linkDependency('chdb');
  }
});
