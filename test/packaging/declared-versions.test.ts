import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { OLDEST_SERVED } from '../../src/clickhouse/server-version.ts';

/** The one match of a pattern in a file at the top of the repository. */
function stated(file: string, pattern: RegExp): string {
  const found = [...readFileSync(file, 'utf8').matchAll(new RegExp(pattern, 'gm'))];
  expect([file, found.length]).toEqual([file, 1]);
  return found[0]?.[1] ?? '';
}

const numbers = (text: string): readonly number[] => (text.match(/\d+/g) ?? []).map(Number);

test('CI, package.json and the API guide name the same versions of Node', () => {
  const tested = numbers(stated('.github/workflows/ci.yml', /^ +node: \[(.*)\]$/));
  expect(numbers(stated('docs/api.md', /^\| Node \| (.*?):/))).toEqual(tested);
  expect(numbers(stated('package.json', /"node": ">=(\d+)"/))).toEqual(tested.slice(0, 1));
  expect(numbers(stated('package.json', /"@types\/node": "\^(\d+)/))).toEqual(tested.slice(0, 1));
});

test('the API guide names the oldest ClickHouse that is served', () => {
  expect(stated('docs/api.md', /^\| ClickHouse server .*? \| (\S+) and newer/)).toBe(OLDEST_SERVED);
});

test('the changelog has the version of the package', () => {
  const version = stated('package.json', /^ {2}"version": "(.*)"/);
  expect(readFileSync('CHANGELOG.md', 'utf8')).toMatch(
    new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\] - \\d{4}-\\d\\d-\\d\\d$`, 'm'),
  );
});

test('a release runs the tests that a change has to pass, and they run what a clone has to pass', () => {
  expect(stated('.github/workflows/release.yml', /^ +uses: \.\/(\.github\/workflows\/ci\.yml)$/)).toBe(
    '.github/workflows/ci.yml',
  );
  expect(stated('.github/workflows/ci.yml', /^ +- run: (\.ci\/run)$/)).toBe('.ci/run');
});
