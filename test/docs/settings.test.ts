import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { SETTING_NAMES } from '../../src/config-variables.ts';

test('docs/settings.md has one row for each setting, and none for anything else', () => {
  const page = readFileSync('docs/settings.md', 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
  expect(new Set(rows)).toEqual(new Set(SETTING_NAMES));
  expect(rows).toHaveLength(SETTING_NAMES.length);
});
