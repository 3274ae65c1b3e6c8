import { expect, test } from '@jest/globals';
import { AppError } from '../../src/errors.ts';
import { type RunWork, attempted, begun } from '../../src/schedules/attempt.ts';
import { dueRun } from '../../src/schedules/due-run.ts';
import type { Run } from '../../src/schedules/stored-run.ts';
import type { Schedule } from '../../src/schedules/schedule.ts';

const DUE = Date.UTC(2026, 0, 10, 3);
const SCHEDULE: Schedule = {
  id: 'nightly',
  ownerId: 'me',
  name: null,
  times: { cron: '0 3 * * *', timezone: 'UTC' },
  range: 'since_last_run',
  task: { kind: 'export', what: 'clicks', format: 'csv', destination: null },
  parameters: {},
  webhookUrl: null,
  scopes: ['clicks:read'],
  createdAt: 0,
  changedAt: 0,
};

/** What outlives a process: the stored run, and the exports with their states. */
class World {
  run: Run;
  readonly exports = new Map<string, 'queued' | 'done' | 'failed'>();
  failures = 0;
  #ids = 0;
  #steps: number;

  /** @param steps after so many the process is killed */
  constructor(steps = Infinity) {
    this.#steps = steps;
    const run = dueRun(SCHEDULE, undefined, DUE);
    if (run === undefined) throw new Error('No run is due.');
    this.run = run;
  }

  /** Takes the run as far as one process comes with it. @returns whether it lived */
  async process(): Promise<boolean> {
    const killed = new AbortController();
    const step = <T>(effect: () => T): T => {
      if (this.#steps-- === 0) killed.abort();
      killed.signal.throwIfAborted();
      return effect();
    };
    const work: RunWork = {
      extensionOf: () => 'csv',
      newExportId: () => `export ${++this.#ids}`,
      createExport: async (id) => step(() => void this.exports.set(id, 'queued')),
      exported: async (id) => {
        // A process that starts takes up the exports of the one before.
        if (this.exports.get(id) === 'queued')
          step(() => this.exports.set(id, this.failures-- > 0 ? 'failed' : 'done'));
        if (this.exports.get(id) === 'failed') throw new AppError('conflict', 'The disk is full.');
        return this.exports.has(id) ? { name: id, rows: 1, bytes: 1 } : undefined;
      },
      measure: async () => ({ value: 0, previous: null }),
      arrivedUntil: async () => DUE,
      writtenUntil: async () => 0,
    };
    const put = async (run: Run): Promise<Run> => step(() => (this.run = run));
    const { signal } = killed;
    try {
      await put(await begun(SCHEDULE, this.run, DUE, work));
      await put(
        await attempted(SCHEDULE, this.run, { work, put, now: () => DUE, signal, onFault: () => {} }),
      );
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }
}

/** With as many steps before its end as a run has. */
const STEPS = [0, 1, 2, 3, 4];

test.each(STEPS)('a run that is killed after step %i has one export', async (steps) => {
  const world = new World(steps);
  expect(await world.process()).toBe(false);
  expect(await world.process()).toBe(true);
  expect(world.run.state).toBe('done');
  expect([...world.exports]).toEqual([[world.run.exportId, 'done']]);
});

test('those are all steps', async () => {
  expect(await new World(STEPS.length).process()).toBe(true);
});

test('an export that failed is begun anew when its run is due again, and not before', async () => {
  const world = new World();
  world.failures = 1;
  await world.process();
  expect(world.run).toMatchObject({ state: 'failed', error: 'The disk is full.' });
  const again = dueRun(SCHEDULE, world.run, DUE + 86_400_000);
  if (again === undefined) throw new Error('No run is due.');
  world.run = again;
  await world.process();
  expect(world.run).toMatchObject({ state: 'done', exportId: 'export 1' });
  expect([...world.exports]).toEqual([['export 1', 'done']]);
});

test('after ClickHouse’s clock was ahead the next file begins where the last one has ended that is not of the future', async () => {
  const day = 86_400_000;
  const work = { arrivedUntil: async () => DUE, writtenUntil: async () => DUE - day } as unknown as RunWork;
  const { run } = new World();
  const windowOf = async (more: Partial<Run>) => {
    const { window, exportId } = await begun(SCHEDULE, { ...run, exportId: 'begun', ...more }, DUE, work);
    return [window, exportId];
  };
  const anew = [{ from: DUE - day, before: DUE }, null];
  const ofFuture = { from: DUE + day, before: DUE + 2 * day };
  expect(await windowOf({ arrivedBefore: DUE + day })).toEqual(anew);
  expect(await windowOf({ arrivedBefore: DUE + day, window: ofFuture })).toEqual(anew);
  // By less than clocks differ, and while a run is tried again, it goes on where it was.
  const [soon, window] = [DUE + 1_000, { from: 1, before: DUE - 5 }];
  expect(await windowOf({ arrivedBefore: soon })).toEqual([{ from: soon, before: soon }, null]);
  expect(await windowOf({ window })).toEqual([window, 'begun']);
});
