import { expect, test } from '@jest/globals';
import { type Condition, holds } from '../../src/schedules/condition.ts';

const over: Condition = { kind: 'over', metric: 'clicks', bound: 1000 };
const under: Condition = { kind: 'under', metric: 'clicks', bound: 10 };
const change = (percent: number): Condition => ({ kind: 'change', metric: 'clicks', percent });

test.each([
  [over, 1000, null, false],
  [over, 1000.5, null, true],
  [over, null, null, false],
  [under, 10, null, false],
  [under, 9.99, null, true],
  [under, 0, null, true],
  [under, null, null, false],
  [change(-50), 50, 100, true],
  [change(-50), 51, 100, false],
  [change(-50), 0, 100, true],
  [change(-50), 200, 100, false],
  [change(-50), 0, 0, false],
  [change(-50), 5, 0, false],
  [change(-50), null, 100, false],
  [change(-100), 0, 3, true],
  [change(50), 150, 100, true],
  [change(50), 149, 100, false],
  [change(50), 50, 100, false],
  [change(1000), 1, 0, true],
  [change(50), 0, 0, false],
  [change(50), 1, null, true],
])('%j of %j after %j: %j', (condition, value, previous, expected) => {
  expect(holds(condition, { value, previous })).toBe(expected);
});
