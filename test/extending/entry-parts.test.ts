import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { endProcesses } from '../support/process.ts';
import { RecipeCopy, type RecipeStep, recipeSteps } from '../support/recipe.ts';

/** An entry as a recipe has it. */
interface Entry {
  readonly recipe: string;
  readonly file: string;
  readonly name: string;
  /** By what is wrong then: what takes a part of it out, or puts another in its place. */
  readonly faults: Readonly<Record<string, readonly [part: RegExp, instead: string]>>;
}

const ENTRIES: readonly Entry[] = [
  {
    recipe: 'A stored dimension',
    file: 'src/clicks/fields.ts',
    name: 'view',
    faults: {
      'no input': [/    input: .*\n/, ''],
      'no column': [/    column: .*\n/, ''],
      'no description': [/ description: '.*?',/, ''],
      'no examples': [/, examples: \[.*?\]/, ''],
      'no type': [/type: sharedTextColumn, /, ''],
      'no value where it is absent': [/absent: 'Unknown', /, ''],
      'no way from input to column': [/, from: asSent/, ''],
    },
  },
  {
    recipe: 'A dimension that is an expression',
    file: 'src/stats/registry/dimensions.ts',
    name: 'day_of_month',
    faults: {
      'no value': [/    localColumn: .*\n/, ''],
      'local time in what is taken for the same in every time zone': [/localColumn:/, 'column:'],
      'no order': [/    order: .*\n/, ''],
      'no words': [/    words: .*\n/, ''],
      'no topic': [/    topic: .*\n/, ''],
      'no example': [/    example: .*\n/, ''],
      'tags in public statistics': [/(?=    topic)/, '    joinTags: joinedTags,\n    filter: tagFilter,\n'],
    },
  },
  {
    recipe: 'An export format',
    file: 'src/export/tsv.ts',
    name: 'TSV',
    faults: {
      'no description': [/  description: .*\n/, ''],
      'no word on what its bytes are': [/  capability: .*\n/, ''],
      'no word on spreadsheets': [/  isForSpreadsheets: .*\n/, ''],
      'no instants': [/  instants: .*\n/, ''],
      'no word on its rows': [/  rowCounter: .*\n/, ''],
    },
  },
];

const CASES = ENTRIES.flatMap((entry) =>
  Object.entries(entry.faults).map(([fault, [part, instead]]) => ({ ...entry, fault, part, instead })),
);

let copy: RecipeCopy;
let faulty: ReadonlySet<string>;
beforeAll(async () => {
  copy = new RecipeCopy();
  const steps = CASES.map(faultyStep);
  const imports = recipeSteps('A dimension that is an expression').filter(
    ({ place }) => place === 'instead of',
  );
  copy.apply([...imports, ...steps]);
  const files = [...new Set(steps.map(({ file }) => file))];
  const errors = await copy.compileErrorsOf(files);
  faulty = new Set([...errors.matchAll(/^(\S+)\((\d+),/gm)].map(([, file, line]) => entryAt(file, line)));
}, 120_000);
afterAll(() => endProcesses());

test.each(CASES.map(({ name, fault }, place) => [name, fault, `case_${place}`]))(
  'an entry such as %s does not compile: %s',
  (_, __, entry) => expect([...faulty]).toContain(entry),
);

/** The step of a recipe that adds an entry, with what is wrong with it, under a name of its own. */
function faultyStep(
  { recipe, file, name, part, instead }: (typeof CASES)[number],
  place: number,
): RecipeStep {
  const step = recipeSteps(recipe).find((one) => one.file === file && ['new', 'before'].includes(one.place));
  if (step === undefined || !part.test(step.text)) throw new Error(`"${recipe}" has no ${part}.`);
  const text = step.text.replace(part, instead).replace(`${name}:`, `case_${place}:`);
  return { ...step, file: step.place === 'new' ? file.replace('.ts', `_${place}.ts`) : file, text };
}

/** The name of the entry that a line is in. */
function entryAt(file = '', line = ''): string {
  const lines = readFileSync(join(copy.folder, file), 'utf8').split('\n').slice(0, Number(line));
  return /case_\d+/.exec(lines.findLast((text) => text.includes('case_')) ?? '')?.[0] ?? `${file}:${line}`;
}
