import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { SCOPES } from '../../src/keys/scopes.ts';

test('docs/api.md has a row for each scope, in the words of the API document', () => {
  const [, table = ''] = /\| scope \| allows \|\n([^]*?)\n\n/.exec(readFileSync('docs/api.md', 'utf8')) ?? [];
  const rows = [...table.matchAll(/^\| `(.+?)` \| (.+) \|$/gm)].map(([, name, allows]) => [name, allows]);
  expect(rows).toEqual(Object.entries(SCOPES).map(([name, { allows }]) => [name, allows]));
});
