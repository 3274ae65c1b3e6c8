import { expect, test } from '@jest/globals';
import { inlined } from '../../src/sql/inline.ts';
import { type ParamValue, param, sql } from '../../src/sql/sql.ts';

test.each<[string, ParamValue, string]>([
  ['String', 'plain', "'plain'"],
  ['String', `it's \\ "x"`, `'it\\'s \\\\ "x"'`],
  ['String', 'a\nb\t\u0001\r', "'a\\nb\\t\\x01\\x0d'"],
  ['String', '李雷 😀', "'李雷 😀'"],
  ['UInt8', 7, '7'],
  ['Int64', -7, '-7'],
  ['Array(String)', ['a', "'"], "['a', '\\'']"],
  ['Array(UInt64)', [1, 2], '[1, 2]'],
  ['Array(String)', [], '[]'],
  [
    "DateTime64(3, 'UTC')",
    '2026-01-01 00:00:00.000',
    "CAST('2026-01-01 00:00:00.000', 'DateTime64(3, \\'UTC\\')')",
  ],
])('%s %j', (type, value, expected) => {
  expect(inlined(sql`x = ${param(type, value)}, ${sql`y`}`)).toBe(`x = ${expected}, y`);
});

test('a piece is replaced wherever it stands', () => {
  const table = sql`clicks`;
  const query = sql`SELECT 'clicks' FROM ${table}, ${sql`(${table})`}`;
  expect(inlined(query, new Map([[table, sql`spoor.clicks`]]))).toBe(
    "SELECT 'clicks' FROM spoor.clicks, (spoor.clicks)",
  );
});
