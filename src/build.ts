import { chmodSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { PACKAGE_ROOT } from './process/package-root.ts';

const SOURCE = join(PACKAGE_ROOT, 'src');
const TARGET = join(PACKAGE_ROOT, 'dist');

/** What Node starts: the program, the engine, and the threads. */
const STARTED = ['cli', 'clickhouse/engine', 'export/workbook-thread', 'clicks/threads/ingest-thread'];

/** What tests load of the built service. */
const LOADED = [
  'main',
  'config',
  'cli/program',
  'data-dir/secrets',
  'http/api/routes',
  'http/openapi/model',
  'process/log',
];

/** Other people's packages stay packages. */
const OPTIONS: BuildOptions = {
  outbase: SOURCE,
  outdir: TARGET,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
};

/**
 * Builds `dist`: few files in place of hundreds of modules, which take a third of the time of a start to be found and
 * read. What several of them need is in `dist/chunks`. The client is a file of its own, since browsers load it too.
 */
async function buildService(): Promise<void> {
  // Dot files are the compiler's own memory, and the page's build replaces the page.
  for (const name of readdirSync(TARGET).filter((one) => !one.startsWith('.') && one !== 'dashboard'))
    rmSync(join(TARGET, name), { recursive: true });
  await build({
    ...OPTIONS,
    entryPoints: [...STARTED, ...LOADED].map(sourceOf),
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  });
  chmodSync(join(TARGET, 'cli.js'), 0o755);
  await build({ ...OPTIONS, entryPoints: [sourceOf('client/spoor')], platform: 'neutral' });
}

function sourceOf(name: string): string {
  return join(SOURCE, `${name}.ts`);
}

await buildService();
