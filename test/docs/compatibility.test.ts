import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ROUTES } from '../../src/http/api/routes.ts';
import { FOREIGN_SCOPES, SCOPE_NAMES } from '../../src/keys/scopes.ts';

const PAGE = readFileSync('docs/compatibility.md', 'utf8');

/** What a section's table names in backquotes, by whether Spoor has it. */
function namedIn(heading: string): { readonly had: readonly string[]; readonly missing: readonly string[] } {
  const section = PAGE.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const rows = [...section.matchAll(/^\| (.*?) \| (yes|no|differs|Spoor's own) \|/gm)];
  expect(rows.length).toBeGreaterThan(2);
  const namesOf = (isHad: boolean): readonly string[] =>
    rows
      .filter(([, , has]) => (has !== 'no') === isHad)
      .flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
  return { had: namesOf(true), missing: namesOf(false) };
}

const bare = (path: string): string => path.replaceAll(/\{\w+\}/g, '{}');

test('it tells the endpoints that there are from those that are not', () => {
  const routes = new Set(ROUTES.map(({ method, path }) => `${method.toUpperCase()} ${bare(path)}`));
  const { had, missing } = namedIn('Endpoints');
  expect(had.filter((name) => !routes.has(bare(name)))).toEqual([]);
  expect(missing.filter((name) => routes.has(bare(name)))).toEqual([]);
  // What is answered of one link, and of public ones, is all there for the sake of these clients.
  const named = new Set(had.map(bare));
  const forLinks = [...routes].filter((name) => /\/(links|public)\//.test(name));
  expect(forLinks.filter((name) => !named.has(name))).toEqual([]);
});

test.each([
  ['Parameters of stats and exports', ['getStats', 'getExport']],
  ['Lists of links', ['listUrls']],
])('%s: it tells the parameters that there are from those that are not', (heading, operations) => {
  const routes = ROUTES.filter(({ description }) => operations.includes(description?.operationId ?? ''));
  const parameters = routes.flatMap(({ description }) => description?.parameters ?? []);
  const names = new Set(parameters.map(({ name }) => name));
  const { had, missing } = namedIn(heading);
  expect(missing.filter((name) => names.has(name))).toEqual([]);
  const taken = had.filter((name) => names.has(name));
  expect(taken.length).toBeGreaterThan(5);
  if (heading.startsWith('Parameters')) expect(taken).toEqual(had);
});

test('it tells the scopes that there are from those that are not', () => {
  const { had } = namedIn('Keys and scopes');
  const known = new Set<string>([...SCOPE_NAMES, ...FOREIGN_SCOPES]);
  expect(had.filter((name) => !known.has(name))).toEqual([]);
  expect(FOREIGN_SCOPES.filter((name) => !had.includes(name))).toEqual([]);
});
