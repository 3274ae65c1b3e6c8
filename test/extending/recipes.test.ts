import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { endProcesses } from '../support/process.ts';
import { RecipeCopy, type StartCopy, recipeSteps, recipeTitles } from '../support/recipe.ts';
import { exportFormat } from './recipes/export-format.ts';
import { expressionDimension } from './recipes/expression-dimension.ts';
import { importFormat } from './recipes/import-format.ts';
import { interval } from './recipes/interval.ts';
import { metric } from './recipes/metric.ts';
import { operator } from './recipes/operator.ts';
import { route } from './recipes/route.ts';
import { storedDimension } from './recipes/stored-dimension.ts';

const RECIPES: Readonly<Record<string, (start: StartCopy) => void>> = {
  'A dimension that is an expression': expressionDimension,
  'An export format': exportFormat,
  'An import format': importFormat,
  'An interval': interval,
  'A metric': metric,
  'An operator': operator,
  'A route': route,
  'A stored dimension': storedDimension,
};

/** All recipes are applied to one copy: to build one for each takes most of the time. */
let copy: RecipeCopy;
beforeAll(async () => {
  copy = new RecipeCopy();
  for (const title of Object.keys(RECIPES)) copy.apply(recipeSteps(title));
  await copy.build();
}, 120_000);
afterAll(() => endProcesses());

test('every recipe of the document has its tests', () => {
  expect(recipeTitles().toSorted()).toEqual(Object.keys(RECIPES).toSorted());
});

for (const [title, recipe] of Object.entries(RECIPES)) {
  describe(title, () => recipe((settings) => copy.start(settings)));
}
