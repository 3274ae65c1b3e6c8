import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { sharesOf } from '../support/room.ts';

test('each share has a name of its own in metrics, and its row in docs/security.md', () => {
  const names = Object.values(sharesOf()).map(({ resource }) => resource);
  const [, table = ''] = /\n## Fair shares\n([^]*?)\n#/.exec(readFileSync('docs/security.md', 'utf8')) ?? [];
  const inMetrics = [...table.matchAll(/^\|[^|]+\|([^|]+)\|/gm)].map(([, cell = '']) => cell);
  const listed = inMetrics.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(new Set(listed)).toEqual(new Set(names));
  expect([listed.length, new Set(names).size]).toEqual([names.length, names.length]);
});
