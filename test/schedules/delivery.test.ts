import { expect, test } from '@jest/globals';
import { MAX_WAITING_CALLS, newDelivery, surplusDeliveries } from '../../src/schedules/delivery.ts';
import { dueRun } from '../../src/schedules/due-run.ts';
import type { Run } from '../../src/schedules/stored-run.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-01-10T12:00Z');

/** A run whose webhook is still to be called. */
function calling(scheduleId: string, minute: number): Run {
  const dueAt = START + minute * MINUTE;
  const schedule = {
    id: scheduleId,
    ownerId: 'me',
    times: { cron: '* * * * *', timezone: 'UTC' },
    range: 'today',
    task: { kind: 'export', what: 'stats', format: 'csv', destination: null },
    createdAt: START - MINUTE,
    changedAt: START - MINUTE,
  } as const;
  const run = dueRun(schedule, undefined, dueAt);
  if (run === undefined) throw new Error('Nothing is due.');
  return { ...run, state: 'done', nextAt: null, delivery: newDelivery('export.done', dueAt) };
}

const calls = (scheduleId: string, count: number): readonly Run[] =>
  Array.from({ length: count }, (_, minute) => calling(scheduleId, minute));

test('a webhook that never answers keeps its newest calls waiting, and no others', () => {
  const surplus = surplusDeliveries([...calls('failing', MAX_WAITING_CALLS + 2), ...calls('few', 3)]);
  expect(surplus.map(({ scheduleId, dueAt }) => [scheduleId, dueAt])).toEqual([
    ['failing', START + MINUTE],
    ['failing', START],
  ]);
  for (const { delivery } of surplus) {
    expect(delivery).toMatchObject({
      state: 'failed',
      nextAt: null,
      error: expect.stringContaining('newer'),
    });
  }
});

test('a run that still has its work to do is none of them', () => {
  const [first, ...others] = calls('failing', MAX_WAITING_CALLS + 1);
  if (first === undefined) throw new Error('There are some.');
  expect(surplusDeliveries([{ ...first, nextAt: START }, ...others])).toEqual([]);
});
