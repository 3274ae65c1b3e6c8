import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type Plugin, build } from 'esbuild';
import { PACKAGE_ROOT } from '../process/package-root.ts';
import { MAP_SIZE, drawOutlines } from './world-map.ts';

const SOURCE = join(PACKAGE_ROOT, 'src/dashboard');
const TARGET = join(PACKAGE_ROOT, 'dist/dashboard');
/** Placeholders in index.html, and the files they stand for. */
const ENTRIES = { main: 'main.tsx', theme: 'early-theme.ts', style: 'style.css' } as const;

/** Registries that the page imports; it needs only their names and words, not the SQL and file writers. */
const REGISTRIES =
  /[/\\]src[/\\](stats[/\\](registry[/\\](?:dimension(?:-names)?|operators|ranges|words)|parse[/\\]query)|export[/\\]formats)\.ts$/;

const namesOfRegistries: Plugin = {
  name: 'names-of-registries',
  setup: (page) => {
    page.onLoad({ filter: REGISTRIES }, async ({ path }) => {
      const registry: Readonly<Record<string, unknown>> = await import(pathToFileURL(path).href);
      const plain = Object.entries(registry).filter(([, value]) => isPlain(value));
      return { contents: plain.map(([name, value]) => constant(name, value)).join('') };
    });
  },
};

/** Texts, and lists and records of them: no function, and so no entry that can make SQL. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isPlain);
  return typeof value === 'string';
}

const worldMap: Plugin = {
  name: 'world-map',
  setup: (page) => {
    page.onResolve({ filter: /^spoor:world-map$/ }, ({ path }) => ({ path, namespace: 'spoor' }));
    page.onLoad({ filter: /.*/, namespace: 'spoor' }, () => ({
      contents: constant('OUTLINES', drawOutlines()) + constant('MAP_SIZE', MAP_SIZE),
    }));
  },
};

function constant(name: string, value: unknown): string {
  return `export const ${name} = ${JSON.stringify(value)};\n`;
}

/** Builds the page into `dist/dashboard`: index.html, and assets with a content hash in their names. */
async function buildDashboard(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: Object.values(ENTRIES).map((name) => join(SOURCE, name)),
    entryNames: '[name]-[hash]',
    outdir: join(TARGET, 'assets'),
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [namesOfRegistries, worldMap],
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]));
  const icon = readFileSync(join(SOURCE, 'icon.svg'));
  const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8).toUpperCase()}.svg`;
  files.set(iconName, icon);
  const names = { icon: iconName, ...namesOfEntries([...files.keys()]) };
  const page = Object.entries(names).reduce(
    (text, [entry, name]) => text.replace(`{{${entry}}}`, `/assets/${name}`),
    readFileSync(join(SOURCE, 'index.html'), 'utf8'),
  );
  rmSync(TARGET, { recursive: true, force: true });
  mkdirSync(join(TARGET, 'assets'), { recursive: true });
  writeCompressed(join(TARGET, 'index.html'), Buffer.from(page));
  for (const [name, contents] of files) writeCompressed(join(TARGET, 'assets', name), contents);
}

function namesOfEntries(built: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(ENTRIES).map(([entry, source]) => {
      const [stem = ''] = source.split('.');
      const type = source.endsWith('.css') ? '.css' : '.js';
      const name = built.find((one) => one.startsWith(`${stem}-`) && one.endsWith(type));
      if (name === undefined) throw new Error(`${source} was not built.`);
      return [entry, name];
    }),
  );
}

/** Writes a file plain, gzipped and brotli-compressed. */
function writeCompressed(path: string, contents: Buffer): void {
  const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  writeFileSync(path, contents);
  writeFileSync(`${path}.gz`, gzipSync(contents, { level: constants.Z_BEST_COMPRESSION }));
  writeFileSync(`${path}.br`, brotliCompressSync(contents, { params: quality }));
}

await buildDashboard();
