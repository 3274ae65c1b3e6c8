import { expect, test } from '@jest/globals';
import { typedExamples } from '../../src/cli/typed-examples.ts';

const HELP = `Usage: spoor import [options] <file...>

What spoor import does:
  spoor reads files.

Examples:
  spoor import access.log.gz --owner spoor
  zcat logs/*.gz | spoor import - --format combined
  SPOOR_API_KEY=spoo_… PORT=1 spoor stats --url https://spoor stats.example.com | head
`;

test('only the commands of the examples are spelt as they are typed', () => {
  expect(typedExamples(HELP, 'npm run spoor --')).toBe(`Usage: spoor import [options] <file...>

What spoor import does:
  spoor reads files.

Examples:
  npm run spoor -- import access.log.gz --owner spoor
  zcat logs/*.gz | npm run spoor -- import - --format combined
  SPOOR_API_KEY=spoo_… PORT=1 npm run spoor -- stats --url https://spoor stats.example.com | head
`);
});

test('an installed package leaves help as it is', () => {
  expect(typedExamples(HELP, 'spoor')).toBe(HELP);
});
