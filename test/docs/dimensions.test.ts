import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import { DIMENSION_NAMES } from '../../src/stats/registry/dimension-names.ts';

test('the table of dimensions has each of them, in the order they are offered', () => {
  const page = readFileSync(join(PACKAGE_ROOT, 'docs/dimensions.md'), 'utf8');
  const named = [...page.matchAll(/^\| (`\w+`[^|]*) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(named).toEqual(DIMENSION_NAMES);
});

test('it says of each where it comes from, its values, what old clicks have, and what it costs', () => {
  const page = readFileSync(join(PACKAGE_ROOT, 'docs/dimensions.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `.*\|$/gm)].map(([row]) => row.slice(1, -1).split('|'));
  expect(rows.filter((cells) => cells.length !== 6 || cells.some((cell) => cell.trim() === ''))).toEqual([]);
});
