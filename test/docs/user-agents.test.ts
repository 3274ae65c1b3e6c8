import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { BROWSERS } from '../../src/clicks/enrich/browsers.ts';
import { parseUserAgent } from '../../src/clicks/enrich/user-agent.ts';

const [, SECTION = ''] =
  /^## User agents\n(.*?)^## /ms.exec(readFileSync('docs/sending-clicks.md', 'utf8')) ?? [];
const quoted = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

test('the guide names apps as clicks are stored', () => {
  const apps = quoted(/\(\n?(`Instagram`[^)]*)\)/.exec(SECTION)?.[1] ?? '');
  expect(apps.length).toBeGreaterThan(5);
  expect(apps.filter((name) => !Object.hasOwn(BROWSERS, name))).toEqual([]);
});

test('what the guide says is a bot is one', () => {
  const rows = SECTION.split('\n').filter((line) => /^\| (?!what)/.test(line));
  const agents = rows.flatMap((row) => quoted(row.split(' | ')[1] ?? ''));
  expect(rows).toHaveLength(6);
  expect(agents.length).toBeGreaterThan(12);
  expect(agents.filter((agent) => !parseUserAgent(agent).isBot)).toEqual([]);
});
