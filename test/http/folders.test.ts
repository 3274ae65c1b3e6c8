import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';

const HTTP = join(PACKAGE_ROOT, 'src/http');

const FOLDERS = readdirSync(HTTP, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** The other folders of `src/http` that the files of a folder import from. */
function importedBy(folder: string): ReadonlySet<string> {
  const texts = readdirSync(join(HTTP, folder)).map((file) => readFileSync(join(HTTP, folder, file), 'utf8'));
  const imports = texts.flatMap((text) => [...text.matchAll(/from '\.\.\/([\w-]+)\//g)]);
  return new Set(imports.flatMap(([, name]) => name ?? []));
}

test('no folder of http imports from one that imports from it, over however many others', () => {
  let rest = new Map(FOLDERS.map((folder) => [folder, importedBy(folder)]));
  expect(rest.get('api')?.has('route')).toBe(true);
  for (;;) {
    const bottom = [...rest.keys()].filter((folder) => {
      return [...(rest.get(folder) ?? [])].every((imported) => !rest.has(imported));
    });
    if (bottom.length === 0) break;
    rest = new Map([...rest].filter(([folder]) => !bottom.includes(folder)));
  }
  expect([...rest.keys()]).toEqual([]);
});

test('app.ts is the only file that lies in none of them', () => {
  const files = readdirSync(HTTP, { withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name)).toEqual(['app.ts']);
});
