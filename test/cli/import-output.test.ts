import { afterEach, expect, jest, test } from '@jest/globals';
import { emptyReport } from '../../src/clicks/import/import-report.ts';
import { printReport } from '../../src/cli/import-output.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

test('names that a stranger chose are printed in one line, and send no commands to the terminal', () => {
  const printed: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  const report = { ...emptyReport(), read: 3, other_owner: 1, other_owner_codes: ['a\u202Eb'] };
  printReport('a\nb\u001B[2J.log', report);
  expect(printed).toEqual([
    'a\uFFFDb\uFFFD[2J.log: 3 read, 0 accepted, 1 other owner\n',
    '  URLs of other owners (add --any-owner to import their clicks): a\uFFFDb\n',
  ]);
});
