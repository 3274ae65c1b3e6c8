import { describe, expect, test } from '@jest/globals';
import { dueRun, wasClockAhead } from '../../src/schedules/due-run.ts';
import type { Run } from '../../src/schedules/stored-run.ts';
import type { Schedule } from '../../src/schedules/schedule.ts';

const at = (text: string): number => Date.parse(`2026-01-${text}Z`);

const DAILY: Schedule = {
  id: 'daily',
  ownerId: 'me',
  name: null,
  times: { cron: '0 3 * * *', timezone: 'UTC' },
  range: 'yesterday',
  task: { kind: 'export', what: 'stats', format: 'csv', destination: null },
  parameters: {},
  webhookUrl: null,
  scopes: ['stats:read'],
  createdAt: at('10T12:00'),
  changedAt: at('10T12:00'),
};
const ARRIVALS: Schedule = { ...DAILY, range: 'since_last_run' };

function runOf(schedule: Schedule, now: number, last?: Run): Run {
  const run = dueRun(schedule, last, now);
  if (run === undefined) throw new Error('Nothing is due.');
  return run;
}

const done = (run: Run, more: Partial<Run> = {}): Run => ({ ...run, state: 'done', nextAt: null, ...more });

describe('what is due', () => {
  test('nothing before the first time after the schedule was made', () => {
    expect(dueRun(DAILY, undefined, at('10T12:00'))).toBeUndefined();
    expect(dueRun(DAILY, undefined, at('11T02:59:59.999'))).toBeUndefined();
    expect(runOf(DAILY, at('11T03:00')).dueAt).toBe(at('11T03:00'));
  });

  test('each time once', () => {
    const first = runOf(DAILY, at('11T03:00'));
    expect(dueRun(DAILY, first, at('12T02:59'))).toBeUndefined();
    expect(runOf(DAILY, at('12T03:00:05'), first).dueAt).toBe(at('12T03:00'));
  });

  test('of times that were missed only the last', () => {
    const first = runOf(DAILY, at('11T03:00'));
    expect(runOf(DAILY, at('20T17:00'), first).dueAt).toBe(at('20T03:00'));
  });

  test('nothing from before a change, and nothing again when the clock goes back', () => {
    const changed = { ...DAILY, times: { cron: '0 1 * * *', timezone: 'UTC' }, changedAt: at('11T09:00') };
    const first = runOf(DAILY, at('11T03:00'));
    expect(dueRun(changed, first, at('11T10:00'))).toBeUndefined();
    expect(dueRun(DAILY, first, at('10T15:00'))).toBeUndefined();
  });
});

describe('after a clock was ahead', () => {
  const noticed = at('11T01:00');
  const lastRun = done(runOf(DAILY, at('20T03:00')));
  const ofFuture = { ...DAILY, changedAt: at('20T12:00') };

  test.each([
    ['ran it', DAILY, lastRun],
    ['changed it', ofFuture, undefined],
    ['did both', ofFuture, lastRun],
  ])('that %s, a schedule runs at its next time by the clock of now, once', (_, schedule, last) => {
    expect(wasClockAhead(schedule, last, noticed)).toBe(true);
    expect(dueRun(schedule, last, noticed)).toBeUndefined();
    expect(dueRun(schedule, last, at('11T02:59'), noticed)).toBeUndefined();
    const next = dueRun(schedule, last, at('11T03:00'), noticed);
    expect(next?.dueAt).toBe(at('11T03:00'));
    expect(dueRun(schedule, next, at('12T02:59'), noticed)).toBeUndefined();
    expect(dueRun(schedule, next, at('12T03:00'), noticed)?.dueAt).toBe(at('12T03:00'));
  });

  test('by little, nothing is run again', () => {
    const first = runOf(DAILY, at('11T03:00'));
    expect(dueRun(DAILY, first, at('11T02:59'))).toBeUndefined();
    expect(dueRun(DAILY, first, at('11T03:00'))).toBeUndefined();
    expect(wasClockAhead(DAILY, first, at('11T02:59'))).toBe(false);
  });
});

describe('files since the last run', () => {
  const window = { from: 0, before: at('11T03:00:07') };

  test('begin where the last one that was written has ended', () => {
    const first = runOf(ARRIVALS, at('11T03:00'));
    expect(first.arrivedBefore).toBeNull();
    const second = runOf(ARRIVALS, at('12T03:00'), done(first, { window }));
    expect(second.arrivedBefore).toBe(window.before);
  });

  test('while one is not written, no later one begins', () => {
    const first = runOf(ARRIVALS, at('11T03:00'));
    const failed: Run = { ...first, state: 'failed', nextAt: null, window, attempts: 6, exportId: 'begun' };
    const again = runOf(ARRIVALS, at('12T03:00'), failed);
    expect(again).toMatchObject({
      dueAt: first.dueAt,
      servedUntil: at('12T03:00'),
      window,
      state: 'waiting',
    });
    expect([again.attempts, again.exportId]).toEqual([0, 'begun']);
    expect(dueRun(ARRIVALS, again, at('13T02:00'))).toBeUndefined();
    const next = runOf(ARRIVALS, at('13T03:00'), done(again));
    expect([next.dueAt, next.arrivedBefore]).toEqual([at('13T03:00'), window.before]);
  });

  test('are remembered while the range is another one', () => {
    const written = done(runOf(ARRIVALS, at('11T03:00')), { window });
    const other = done(runOf(DAILY, at('12T03:00'), written), { window: { from: 1, before: 2 } });
    expect(runOf(ARRIVALS, at('13T03:00'), other).arrivedBefore).toBe(window.before);
  });
});

test('whether a condition held is remembered until it is measured again', () => {
  const first = done(runOf(DAILY, at('11T03:00')), { measured: { value: 5, previous: null, holds: true } });
  const second = runOf(DAILY, at('12T03:00'), first);
  const failed: Run = { ...second, state: 'failed', nextAt: null };
  expect([second.heldBefore, runOf(DAILY, at('13T03:00'), failed).heldBefore]).toEqual([true, true]);
});
