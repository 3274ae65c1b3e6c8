import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { PACKAGE_ROOT } from '../src/process/package-root.ts';

/** Names that two files still share. None is added; each goes when one of its files is renamed. */
const SHARED: readonly string[] = [
  'build.ts',
  'click-changes.ts',
  'current-key.ts',
  'error-responses.ts',
  'exports.ts',
  'limits.ts',
  'query-string.ts',
  'rate-limits.ts',
  'schedules.ts',
  'segments.ts',
  'stats-query.ts',
  'upload.ts',
];

test('no two files of src have one name, so that a name alone says which is meant', () => {
  const files = readdirSync(join(PACKAGE_ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const paths = new Map<string, readonly string[]>();
  for (const path of files.filter((file) => file.endsWith('.ts'))) {
    const name = basename(path);
    paths.set(name, [...(paths.get(name) ?? []), path]);
  }
  expect(paths.has('main.ts')).toBe(true);
  const shared = [...paths].filter(([name, { length }]) => length > 1 && !SHARED.includes(name));
  expect(Object.fromEntries(shared)).toEqual({});
});
