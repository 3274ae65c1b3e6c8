import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';

const PAGES = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** A heading's anchor, as GitHub derives it. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll('`', '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsOf(page: string): readonly string[] {
  const text = readFileSync(page, 'utf8').replaceAll(/^```[^]*?^```/gm, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

function linksOf(page: string): readonly string[] {
  return [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
}

/** Links of a page that lead to no file, or to no heading of one. */
function brokenLinks(page: string): readonly string[] {
  return linksOf(page).filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
}

const INDEX = 'docs/llms.txt';

test('docs/llms.txt lists every page but the decisions', () => {
  const linked = linksOf(INDEX).map((link) => join('docs', link));
  const pages = PAGES.filter((page) => page.startsWith('docs') && !page.startsWith('docs/decisions/'));
  expect(pages.filter((page) => !linked.includes(page))).toEqual([]);
});

test.each([...PAGES, INDEX])('every link of %s leads somewhere', (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

test.each(PAGES.filter((page) => page.startsWith('docs')))('another page links to %s', (page) => {
  const linked = PAGES.filter((other) => other !== page).flatMap((other) =>
    [...readFileSync(other, 'utf8').matchAll(/\]\(([^)\s#]+)/g)].map(([, path = '']) =>
      join(dirname(other), path),
    ),
  );
  expect(linked).toContain(page);
});

const FILES = ['src', 'test', 'bench', 'clickhouse'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => `/${folder}/${name}`),
);

/** Source files that a page names in backquotes, by the end of their path. */
function namedFiles(page: string): readonly string[] {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.tsx?)`/g)].map(([, path = '']) => path);
}

test.each(PAGES)('every source file that %s names exists', (page) => {
  const isThere = (path: string): boolean => FILES.some((file) => file.endsWith(`/${path}`));
  expect(namedFiles(page).filter((path) => !isThere(path))).toEqual([]);
});

test('every test that docs/security.md names exists', () => {
  const lastCells = [...readFileSync('docs/security.md', 'utf8').matchAll(/\| ([^|\n]*) \|$/gm)];
  const names = lastCells.flatMap(([, cell = '']) =>
    /^`[\w./-]+`(, `[\w./-]+`)*$/.test(cell) ? cell.replaceAll('`', '').split(', ') : [],
  );
  const tests = names.filter((name) => !name.startsWith('SPOOR_'));
  expect(tests.length).toBeGreaterThan(50);
  expect(tests.filter((name) => ![name, `test/${name}.test.ts`].some((path) => existsSync(path)))).toEqual(
    [],
  );
});
