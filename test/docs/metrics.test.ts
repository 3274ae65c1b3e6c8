import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
});
afterAll(() => spoor.stop());

test('docs/operations.md has one row for each metric of Spoor’s own, and none for anything else', async () => {
  const { text } = await spoor.send('GET', '/metrics', { key: null });
  const served = [...text.matchAll(/^# TYPE (spoor_\w+) /gm)].map(([, name]) => name);
  const page = readFileSync('docs/operations.md', 'utf8');
  const documented = [...page.matchAll(/^\| `(spoor_\w+)` \|/gm)].map(([, name]) => name);
  expect(served.length).toBeGreaterThan(5);
  expect(new Set(documented)).toEqual(new Set(served));
  expect(documented).toHaveLength(served.length);
});
