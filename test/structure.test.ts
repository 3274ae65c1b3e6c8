import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { PACKAGE_ROOT } from '../src/process/package-root.ts';

test('no two files of src have one name, so that a name alone says which is meant', () => {
  const files = readdirSync(join(PACKAGE_ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const paths = new Map<string, readonly string[]>();
  for (const path of files.filter((file) => file.endsWith('.ts'))) {
    const name = basename(path);
    paths.set(name, [...(paths.get(name) ?? []), path]);
  }
  expect(paths.has('main.ts')).toBe(true);
  const shared = [...paths].filter(([, { length }]) => length > 1);
  expect(Object.fromEntries(shared)).toEqual({});
});
