import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { endProcesses } from '../support/process.ts';
import { RecipeCopy, recipeSteps } from '../support/recipe.ts';

afterAll(() => endProcesses());

const FIELDS = 'src/clicks/fields.ts';

/** Each part of an entry, and what an input or a column is made of. */
const PARTS = [
  /    input: .*\n/,
  /    column: .*\n/,
  / description: '.*?',/,
  /, examples: \[.*?\]/,
  /type: sharedTextColumn, /,
  /absent: 'Unknown', /,
  /, from: asSent/,
];

test('an entry that lacks a part does not compile', async () => {
  const [entry] = recipeSteps('A stored dimension').filter(({ file }) => file === FIELDS);
  const steps = PARTS.map((part, place) => ({
    file: FIELDS,
    place: 'before' as const,
    line: '} as const satisfies Readonly<Record<string, ClickField>>',
    text: entry?.text.replace(part, '').replace('view:', `lacking_${place}:`) ?? '',
  }));
  const incomplete = new RecipeCopy();
  incomplete.apply(steps);
  const before = readFileSync(join(incomplete.folder, FIELDS), 'utf8').split('\n');
  const errors = await incomplete.compileErrorsOf(FIELDS);
  const lines = [...errors.matchAll(/fields\.ts\((\d+),/g)].map(([, line]) => Number(line));
  const lacking = lines.map((line) =>
    before
      .slice(0, line)
      .findLast((text) => text.includes('lacking_'))
      ?.trim(),
  );
  expect(new Set(lacking)).toEqual(new Set(PARTS.map((_, place) => `lacking_${place}: {`)));
}, 120_000);
