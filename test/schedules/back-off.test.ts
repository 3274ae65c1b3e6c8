import { expect, test } from '@jest/globals';
import { RUN_DELAYS, WEBHOOK_DELAYS, nextAttempt } from '../../src/schedules/back-off.ts';

test.each([
  ['runs', RUN_DELAYS],
  ['webhooks', WEBHOOK_DELAYS],
])('attempts at %s are further and further apart, and end', (_, delays) => {
  const times = delays.map((_delay, index) => nextAttempt(delays, index + 1, 1_000));
  expect(times).toEqual(delays.map((delay) => delay + 1_000));
  expect(delays.every((delay, index) => delay > (delays[index - 1] ?? 0))).toBe(true);
  expect(nextAttempt(delays, delays.length + 1, 1_000)).toBeUndefined();
});
