import { expect, test } from '@jest/globals';
import { isDeeperThan } from '../../src/lib/json-depth.ts';

test.each([
  ['1', 0],
  ['"[[[["', 0],
  ['[]', 1],
  ['[[],[],{"a":[]}]', 3],
  [String.raw`["\"[[[","\\",["x"]]`, 2],
  ['['.repeat(400_000), 400_000],
])('%.30s is %i deep', (json, depth) => {
  const bytes = Buffer.from(json);
  expect(isDeeperThan(bytes, depth)).toBe(false);
  if (depth > 0) expect(isDeeperThan(bytes, depth - 1)).toBe(true);
});
