import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { z } from 'zod';
import { clickParameters } from '../../src/http/api/click-parameters.ts';
import { clickExportParameters } from '../../src/http/api/export-clicks.ts';
import { statsParameters } from '../../src/http/api/stats-parameters.ts';
import type { Parameter } from '../../src/http/openapi/model.ts';
import { withoutObjects } from '../../src/http/route/declared-parameters.ts';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import { FILTER_PARAMETERS } from '../../src/stats/parse/filter-parameters.ts';

const FOLDER = join(PACKAGE_ROOT, 'dist/client');

const importsOf = (file: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(/\b(?:from|import\()\s*['"]([^'"]+)['"]/g)].map(
    ([, path = '']) => path,
  );

test('the client imports nothing but its own files', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.js'));
  expect(files).toContain('spoor.js');
  const imported = files.flatMap((file) => importsOf(join(FOLDER, file)));
  expect(imported.filter((path) => !files.includes(path.replace('./', '')))).toEqual([]);
});

test('package.json exports it, and every type that it names is there', () => {
  const manifest = z
    .object({ exports: z.object({ './client': z.object({ types: z.string(), default: z.string() }) }) })
    .parse(JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')));
  const { types, default: code } = manifest.exports['./client'];
  expect(existsSync(join(PACKAGE_ROOT, code))).toBe(true);
  const seen = new Set<string>();
  const missing: string[] = [];
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    if (!existsSync(file)) return void missing.push(file);
    for (const path of importsOf(file).filter((one) => one.startsWith('.'))) {
      visit(join(dirname(file), path.replace(/\.[jt]s$/, '.d.ts')));
    }
  };
  visit(join(PACKAGE_ROOT, types));
  expect([seen.size > 20, missing]).toEqual([true, []]);
});

test('it runs where there is nothing but what browsers, Deno and Bun have too', async () => {
  const bundle = await build({
    entryPoints: [join(FOLDER, 'spoor.js')],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'client',
  });
  const sent: string[] = [];
  const fetchOnly = async (_: unknown, { body }: RequestInit): Promise<Response> => {
    sent.push(await new Response(body).text());
    return Response.json({ accepted: 1, rejected: [] });
  };
  const web = {
    fetch: fetchOnly,
    AbortController,
    TextDecoder,
    TextEncoder,
    URLSearchParams,
    crypto,
    setTimeout,
    clearTimeout,
  };
  const context = createContext({ ...web, setInterval, clearInterval, queueMicrotask });
  runInContext(bundle.outputFiles[0]?.text ?? '', context);
  const kept: unknown = await runInContext(
    `(async () => {
      const spoor = new client.Spoor({ url: 'https://spoor.example.com' });
      const isTaken = spoor.track({ short_code: 'launch', clicked_at: 0 });
      await spoor.close();
      return isTaken;
    })()`,
    context,
  );
  expect([kept, sent]).toEqual([true, ['{"short_code":"launch","clicked_at":0}']]);
});

/** The parameters of a route, but for those of filters, whose types follow from the registry. */
function namesOf(parameters: readonly Parameter[]): readonly string[] {
  const filters = FILTER_PARAMETERS.map(({ name }) => name);
  const names = parameters.flatMap(withoutObjects).map(({ name }) => name);
  return names.filter((name) => name === 'short_code' || !filters.includes(name));
}

test.each([
  ['statistics', statsParameters()],
  ['clicks', clickParameters()],
  ['exports of clicks', clickExportParameters()],
])('a query has a type for every parameter of %s', (_, parameters) => {
  const text = ['query-parameters', 'stored-click', 'export-query'].map((name) =>
    readFileSync(join(PACKAGE_ROOT, `src/client/${name}.ts`), 'utf8'),
  );
  const isTyped = (name: string): boolean => new RegExp(`^ +readonly ${name}\\??: `, 'm').test(text.join());
  expect(namesOf(parameters).filter((name) => !isTyped(name))).toEqual([]);
});
